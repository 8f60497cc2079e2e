import { type Kernel, KernelError } from '@eager/execution';
import { type Model, type ModelRequest, startClock } from '@eager/generation';
import { catchError, concat, defer, EMPTY, finalize, map, type Observable, of, throwError } from 'rxjs';
import type { RunOptions } from '../run.js';
import { Attempt } from './attempt.js';
import { Deadline } from './deadline.js';
import type { Defeat, SolveEvent, SolveEventBody } from './events.js';
import { type FreshKernel, Kernels } from './kernels.js';
import { type RepairPolicy, repairPolicy, type Way } from './policy.js';
import { type RepairLimits, RepairSession, type Turn } from './session.js';

export interface SolveOptions extends Omit<RunOptions, 'clock' | 'stopOnError'> {
  readonly model: Model;
  /** Where the first program runs. It stays the caller's. */
  readonly kernel: Kernel;
  /**
   * Gives a new kernel, for a program that has to run from its start, such as `() => pool.acquire()`. Without it, a repair
   * goes on where the last program stopped. The lease ends when its kernel is given up for another, and with the observable.
   */
  readonly freshKernel?: FreshKernel;
  /** Decides what is done about an error; by default {@link repairPolicy} with its own table. */
  readonly repair?: RepairPolicy;
  /** Overrules the policy in this. */
  readonly repairBy?: Way;
  readonly limits?: RepairLimits;
  /** Where the code is: in fences of the text, the default, or in the arguments of the tool {@link RUN_PYTHON}. */
  readonly form?: 'fences' | 'tool';
}

/**
 * Asks a model, runs the program of its answer while it is written, and has the model repair it until it runs.
 *
 * At the first Python error the policy stops the answer at once, which closes its connection, or hears the model out. Then
 * the model gets the traceback, what had run and what that had shown, and goes on from there, or writes the
 * program anew. No statement with an effect outside of the program runs twice.
 *
 * Cold. The last event is `solved`, also for an answer without code, or `failed`. Only a failure of the model and the
 * loss of a kernel without another are errors of the observable, after `failed`. Unsubscribing stops the model and the program.
 *
 * ```ts
 * await solve({ system: pythonPrompt(), messages }, { model, kernel }).forEach((event) => console.log(event.type));
 * ```
 */
export function solve(request: ModelRequest, options: SolveOptions): Observable<SolveEvent> {
  return defer(() => {
    const { repair = repairPolicy(), repairBy, limits = {}, form = 'fences', freshKernel } = options;
    const hasFreshKernels = freshKernel !== undefined;
    const session = new RepairSession(request, { repair, repairBy, limits, form, hasFreshKernels });
    const clock = startClock();
    const deadline = new Deadline(limits.durationMs, options.signal);
    const kernels = new Kernels(options.kernel, freshKernel);
    const { signal } = deadline;

    /** The attempt, and all that follows from it. */
    const from$ = (turn: Turn): Observable<SolveEvent> =>
      defer(() => {
        const stamped = (event: SolveEventBody): SolveEvent => ({
          atMs: clock(),
          attempt: turn.attempt,
          ...event,
        });
        const attempt = new Attempt(turn, { ...options, session, kernels, form, signal });
        let error: unknown;
        const events$ = attempt.events$().pipe(
          map(stamped),
          catchError((reason: unknown) => {
            error = reason;
            return EMPTY;
          }),
        );
        const rest$ = defer(() => {
          const defeat = deadline.defeat ?? (error === undefined ? undefined : defeatBy(error));
          const outcome = session.finish(turn, { ...attempt.result, defeat });
          const solution = session.solution();
          const [report] = solution.attempts.slice(-1);
          const ended$ = report ? of(stamped({ type: 'attempt-end', report })) : EMPTY;
          if (outcome && 'request' in outcome) return concat(ended$, from$(outcome));
          const end: SolveEventBody = outcome
            ? { type: 'failed', reason: outcome, ...solution }
            : { type: 'solved', ...solution };
          const isFailure = error !== undefined && deadline.defeat === undefined;
          return concat(ended$, of(stamped(end)), isFailure ? throwError(() => error) : EMPTY);
        });
        return concat(of(stamped({ type: 'attempt', by: turn.by })), events$, rest$);
      });

    return from$(session.first()).pipe(
      finalize(() => {
        deadline.stop();
        void kernels.end();
      }),
    );
  });
}

function defeatBy(error: unknown): Defeat {
  const message = error instanceof Error ? error.message : String(error);
  return { kind: error instanceof KernelError ? 'state lost' : 'model', message };
}
