import {
  catchError,
  concat,
  concatMap,
  defer,
  EMPTY,
  type OperatorFunction,
  takeWhile,
  throwError,
} from 'rxjs';
import type { Clock } from '../clock.js';
import type { ModelEvent, PartialAnswer, ToolCall, Usage } from './model.js';
import { cutError, ModelError } from './model-error.js';

/** What one event of a service means. */
export type Signal =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'refusal'; readonly text: string }
  | { readonly type: 'tool-call'; readonly call: ToolCall }
  | { readonly type: 'tool-arguments'; readonly call: ToolCall; readonly text: string }
  | { readonly type: 'usage'; readonly usage: Partial<Usage> }
  /**
   * Nothing of the answer follows, though counts may. `reason` is in our words, or in the service's if it is another.
   */
  | { readonly type: 'finish'; readonly reason: string }
  /** Nothing at all follows. */
  | { readonly type: 'done' };

/**
 * Reads the events of one answer in order: those of a service's stream, or of its SDK's, which are the same.
 *
 * @throws {ModelError} for an event that tells of an error
 */
export type AnswerReader = (event: unknown) => readonly Signal[];

/**
 * Events of a service as events of ours. An answer is whole when its reason to finish has arrived and is a good one:
 * an end of the stream, orderly or not, proves nothing before that and changes nothing after it. Errors carry what
 * had arrived.
 *
 * @param toError says what an error of the source means; by default the connection was cut
 */
export function toAnswer(
  newReader: () => AnswerReader,
  now: Clock,
  toError: (error: unknown) => unknown = cutError,
): OperatorFunction<unknown, ModelEvent> {
  return (events$) =>
    defer(() => {
      const read = newReader();
      const answer = new Answer();
      const signals$ = events$.pipe(
        catchError((error) => (answer.hasFinished ? EMPTY : throwError(() => toError(error)))),
        concatMap(read),
        takeWhile(({ type }) => type !== 'done'),
      );
      return concat(
        signals$.pipe(concatMap((signal) => answer.enter(signal, now()))),
        defer(() => [answer.end(now())]),
      ).pipe(
        catchError((error) => {
          throw error instanceof ModelError ? error.with({ answer: answer.sofar }) : error;
        }),
      );
    });
}

class Answer {
  #text = '';
  #refusal = '';
  readonly #calls = new Map<ToolCall, string>();
  #reason: string | undefined;
  #usage: Partial<Usage> | undefined;

  get hasFinished(): boolean {
    return this.#reason !== undefined;
  }

  get sofar(): PartialAnswer {
    const toolCalls = [...this.#calls].map(([call, text]) => ({ ...call, arguments: text }));
    return { text: this.#text, toolCalls };
  }

  enter(signal: Signal, atMs: number): ModelEvent[] {
    switch (signal.type) {
      case 'text':
        if (signal.text === '') return [];
        this.#text += signal.text;
        return [{ ...signal, atMs }];
      case 'tool-call':
        this.#calls.set(signal.call, '');
        return [{ ...signal, atMs }];
      case 'tool-arguments':
        if (signal.text === '') return [];
        this.#calls.set(signal.call, (this.#calls.get(signal.call) ?? '') + signal.text);
        return [{ ...signal, atMs }];
      case 'refusal':
        this.#refusal += signal.text;
        return [];
      case 'usage':
        this.#usage = { ...this.#usage, ...signal.usage };
        return [];
      case 'finish':
        this.#reason ??= signal.reason;
        return [];
      case 'done':
        return [];
    }
  }

  /** @throws {ModelError} when the answer is not whole */
  end(atMs: number): ModelEvent {
    if (this.#reason === undefined) throw cutError();
    if (this.#refusal !== '') throw earlyEnd('content-filter', this.#refusal);
    if (this.#reason !== 'stop' && this.#reason !== 'tool-calls') throw earlyEnd(this.#reason);
    const usage = this.#usage && { inputTokens: 0, outputTokens: 0, ...this.#usage };
    return { type: 'finish', atMs, reason: this.#reason, ...(usage && { usage }) };
  }
}

function earlyEnd(reason: string, words = ''): ModelError {
  switch (reason) {
    case 'length':
      return new ModelError(
        'length',
        'The answer was cut because it reached the most tokens it may have: it is no whole program. ' +
          'Allow more tokens, or ask for a shorter program.',
      );
    case 'content-filter':
      return new ModelError(
        'content-filter',
        `The model or its service refused to answer${words && `: “${words.trim()}”`}. What had arrived is no whole program. ` +
          'Ask in other words, or ask another model.',
      );
    default:
      return new ModelError(
        'unfinished',
        `The service ended the answer early: it gives “${reason}” as its reason. What had arrived is no whole program. Ask again.`,
      );
  }
}
