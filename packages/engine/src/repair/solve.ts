import { type Kernel, KernelError, type KernelLease } from '@eager/execution';
import {
  answerText,
  type Clock,
  codeFences,
  type Model,
  type ModelEvent,
  type ModelRequest,
  startClock,
  type Token,
  toolCode,
} from '@eager/generation';
import {
  catchError,
  concat,
  concatMap,
  connect,
  defer,
  EMPTY,
  finalize,
  from,
  map,
  merge,
  type Observable,
  type OperatorFunction,
  of,
  pipe,
  ReplaySubject,
  Subject,
  switchMap,
  tap,
  throwError,
} from 'rxjs';
import { type RunOptions, run$ } from '../run.js';
import { AnswerLog } from './answer-log.js';
import { AttemptLog } from './attempt-log.js';
import type { Defeat, SolveEvent } from './events.js';
import { type RepairPolicy, repairPolicy, type Way } from './policy.js';
import { commentedOut, comparedWith } from './prefix.js';
import { type Placement, type RepairLimits, RepairSession, type Turn } from './session.js';

export interface SolveOptions extends Omit<RunOptions, 'clock' | 'stopOnError'> {
  readonly model: Model;
  /** Where the first program runs. It stays the caller's. */
  readonly kernel: Kernel;
  /**
   * Gives a new kernel, for a program that has to run from its start, such as `() => pool.acquire()`. Without it, a repair
   * goes on where the last program stopped. The lease ends when its kernel is given up for another, and with the observable.
   */
  readonly freshKernel?: () => KernelLease | Promise<KernelLease>;
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
    const session = new RepairSession(request, {
      ...{ repair, repairBy, limits, form, hasFreshKernels: freshKernel !== undefined },
    });
    const clock = startClock();
    const deadline = new Deadline(limits.durationMs, options.signal);
    const kernels = new Kernels(options.kernel, freshKernel);
    const attempt = (turn: Turn): Observable<SolveEvent> =>
      attempt$(turn, { session, options, kernels, deadline, form, clock, next: attempt });
    return attempt(session.first()).pipe(
      finalize(() => {
        deadline.stop();
        void kernels.end();
      }),
    );
  });
}

interface Context {
  readonly session: RepairSession;
  readonly options: SolveOptions;
  readonly kernels: Kernels;
  readonly deadline: Deadline;
  readonly form: 'fences' | 'tool';
  readonly clock: Clock;
  readonly next: (turn: Turn) => Observable<SolveEvent>;
}

/** One answer of the model with its run, and all that follows from it. */
function attempt$(turn: Turn, context: Context): Observable<SolveEvent> {
  const { session, options, kernels, deadline, clock, next } = context;
  const { signal } = deadline;
  const { by, attempt } = turn;
  const stamped = (event: SolveEventBody): SolveEvent => ({ atMs: clock(), attempt, ...event });
  return defer(() => {
    const startMs = clock();
    const now = () => clock() - startMs;
    const answer = new AnswerLog();
    let log = new AttemptLog(session.analysis, session.ran);
    let placement: Placement | undefined;
    let decision: ReturnType<RepairSession['decide']> | undefined;

    const said$ = new Subject<SolveEventBody>();
    const code$ = options.model.stream(turn.request, { clock: now, signal }).pipe(
      tap((event) => {
        answer.enter(event);
        said$.next({ type: 'model', event });
      }),
      codeOf(context.form),
    );
    const decide = (): SolveEventBody[] => {
      if (decision || !log.failure || signal.aborted) return [];
      decision = session.decide(log.failure, log);
      return [{ type: 'decision', failure: log.failure, decision }];
    };
    const on = (kernel: Kernel, code$: Observable<Token>): Observable<SolveEventBody> =>
      run$(code$, kernel, {
        ...options,
        clock: now,
        signal,
        stopOnError: () => decision?.stop === 'now',
      }).pipe(
        concatMap((event): SolveEventBody[] => {
          log.enter(event);
          return [{ type: 'run', event }, ...decide()];
        }),
        catchError((error: unknown) => {
          if (!(error instanceof KernelError) || signal.aborted || !options.freshKernel) throw error;
          log.loseKernel(error);
          return decide();
        }),
      );
    const placed = (place: Placement, code$: Observable<Token>): Observable<SolveEventBody> => {
      placement = place;
      if (place.type === 'refused') return EMPTY;
      session.begin(place);
      log = new AttemptLog(session.analysis, session.ran);
      const { kept, reason, to } = place;
      const told =
        by === 'first'
          ? EMPTY
          : of<SolveEventBody>({ type: 'kernel', isFresh: place.type === 'fresh', kept, reason });
      const kernel$ = place.type === 'fresh' ? from(kernels.replace()) : of(kernels.current);
      return concat(told, kernel$.pipe(switchMap((kernel) => on(kernel, code$.pipe(commentedOut(to))))));
    };
    const running$ = session.needsComparison(turn)
      ? code$.pipe(
          connect(
            (all$) =>
              all$.pipe(
                comparedWith(session.ran.map(({ code }) => code)),
                switchMap((comparison) => placed(session.place(turn, comparison), all$)),
              ),
            { connector: () => new ReplaySubject() },
          ),
        )
      : placed(session.place(turn), code$);

    const finish = (defeat?: Defeat, error?: unknown): Observable<SolveEvent> => {
      const result = { log, answer, placement, decision, durationMs: now(), defeat };
      const outcome = session.finish(turn, result);
      const solution = session.solution();
      const report = solution.attempts.at(-1);
      const ended$ = report ? of(stamped({ type: 'attempt-end', report })) : EMPTY;
      if (outcome && 'request' in outcome) return concat(ended$, next(outcome));
      const end = stamped(
        outcome ? { type: 'failed', reason: outcome, ...solution } : { type: 'solved', ...solution },
      );
      return concat(ended$, of(end), error === undefined ? EMPTY : throwError(() => error));
    };
    const events$ = merge(said$, running$.pipe(finalize(() => said$.complete()))).pipe(map(stamped));
    return concat(
      of(stamped({ type: 'attempt', by })),
      concat(
        events$,
        defer(() => finish(deadline.defeat)),
      ).pipe(
        catchError((error: unknown) => {
          const defeat = deadline.defeat ?? {
            kind: 'model',
            message: error instanceof Error ? error.message : `${error}`,
          };
          return finish(defeat, deadline.defeat ? undefined : error);
        }),
      ),
    );
  });
}

/** An event without what every event has. */
type SolveEventBody = DistributiveOmit<SolveEvent, 'atMs' | 'attempt'>;
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

function codeOf(form: 'fences' | 'tool'): OperatorFunction<ModelEvent, Token> {
  return form === 'tool' ? toolCode() : pipe(answerText(), codeFences());
}

/** The kernel that programs run on, which may be replaced by another. */
class Kernels {
  #lease: KernelLease | undefined;
  #current: Kernel;
  readonly #fresh: SolveOptions['freshKernel'];

  constructor(first: Kernel, fresh: SolveOptions['freshKernel']) {
    this.#current = first;
    this.#fresh = fresh;
  }

  get current(): Kernel {
    return this.#current;
  }

  async replace(): Promise<Kernel> {
    await this.end();
    const lease = await this.#fresh?.();
    if (lease) {
      this.#lease = lease;
      this.#current = lease.kernel;
    }
    return this.#current;
  }

  /** A kernel that is given up may end while the next one starts; that it does not is no matter of the program. */
  async end(): Promise<void> {
    const lease = this.#lease;
    this.#lease = undefined;
    await Promise.resolve(lease?.[Symbol.asyncDispose]()).catch(() => {});
  }
}

/** Ends everything in time, or when the caller says so. */
class Deadline {
  readonly signal: AbortSignal;
  readonly #caller: AbortSignal | undefined;
  readonly #durationMs: number | undefined;
  readonly #time = new AbortController();
  readonly #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(durationMs: number | undefined, caller: AbortSignal | undefined) {
    this.#caller = caller;
    this.#durationMs = durationMs;
    if (durationMs !== undefined) this.#timer = setTimeout(() => this.#time.abort(), durationMs);
    this.signal = AbortSignal.any([this.#time.signal, ...(caller ? [caller] : [])]);
  }

  get defeat(): Defeat | undefined {
    if (this.#caller?.aborted) {
      const { reason } = this.#caller;
      return {
        kind: 'interrupted',
        message: reason instanceof Error ? reason.message : 'It was interrupted.',
      };
    }
    if (!this.#time.signal.aborted) return undefined;
    return {
      kind: 'time',
      message: `It took more than the ${(this.#durationMs ?? 0) / 1000} s that are allowed.`,
    };
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
