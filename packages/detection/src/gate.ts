import { concat, concatMap, defer, from, type Observable, type OperatorFunction, of, pipe } from 'rxjs';
import type { Chunk } from './chunk.js';
import { EffectAnalysis } from './effects.js';
import { deny, type Effect, messageOf, type Policy, type Verdict } from './policy.js';

/** A chunk with what static analysis found in it and what the policy says of it. */
export interface JudgedChunk extends Chunk {
  /** In the order of the program. */
  readonly effects: readonly Effect[];
  readonly verdict: Verdict;
}

/**
 * Lets through what may run while the program is still being generated, and keeps back the rest until it is complete:
 * {@link judge}, then {@link hold}.
 */
export function gate(policy: Policy): OperatorFunction<Chunk, JudgedChunk> {
  return pipe(judge(policy), hold());
}

/**
 * Judges each chunk as soon as it comes, in the order of the program. Nothing is kept back, except while a policy that
 * has to ask somebody has no answer yet.
 */
export function judge(policy: Policy): OperatorFunction<Chunk, JudgedChunk> {
  return (chunks$) =>
    defer(() => {
      const analysis = new EffectAnalysis(policy.rules);
      // One at a time: a statement must not run before the one in front of it has been judged.
      return chunks$.pipe(
        concatMap((chunk) => {
          const effects = analysis.analyse(chunk);
          return verdict$(policy, chunk, effects).pipe(
            concatMap((verdict) => [{ ...chunk, effects, verdict }]),
          );
        }),
      );
    });
}

/**
 * Keeps back the first chunk that is to be held and everything after it, until its source completes: then generation
 * has ended. When the source fails, or nobody listens any more, what was kept back never comes.
 *
 * A chunk that is to join the next one comes together with it. A denied chunk is passed on: execution raises the
 * PermissionError where it stands.
 *
 * @see segment for the same treatment of the end.
 */
export function hold(): OperatorFunction<JudgedChunk, JudgedChunk> {
  return (chunks$) =>
    defer(() => {
      const gate = new Gate();
      // The arrays are at hand, so nothing is ever waiting: concatMap says only that the order is kept.
      const passed$ = chunks$.pipe(concatMap((chunk) => gate.admit(chunk)));
      // concat subscribes to the rest on completion alone, never after an error.
      const rest$ = defer(() => gate.open());
      return concat(passed$, rest$);
    });
}

/** What stands before the gate, in order. Once a chunk is held, all that comes after it waits behind it. */
class Gate {
  private waiting: JudgedChunk[] = [];
  private closed = false;

  /** Takes the next chunk, and returns the chunks that may pass now. */
  admit(chunk: JudgedChunk): JudgedChunk[] {
    this.waiting.push(chunk);
    this.closed ||= chunk.verdict.kind === 'hold';
    return this.closed || chunk.verdict.kind === 'join' ? [] : this.open();
  }

  /** Returns all that was waiting. */
  open(): JudgedChunk[] {
    const chunks = this.waiting;
    this.waiting = [];
    return chunks;
  }
}

/** The policy's verdict: at once if it has one at once, and a refusal if it fails. */
function verdict$(policy: Policy, chunk: Chunk, effects: readonly Effect[]): Observable<Verdict> {
  const refused = (error: unknown) => {
    const effect = effects[0] ?? { class: 'dynamic', what: 'cannot be judged', line: chunk.line };
    return deny(effect, messageOf(error));
  };
  try {
    const verdict = policy.judge(chunk, effects);
    return 'then' in verdict ? from(verdict.catch(refused)) : of(verdict);
  } catch (error) {
    return of(refused(error));
  }
}
