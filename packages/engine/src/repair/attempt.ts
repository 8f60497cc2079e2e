import { type Kernel, KernelError } from '@eager/execution';
import {
  answerText,
  codeFences,
  type Model,
  type ModelEvent,
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
  merge,
  type Observable,
  type OperatorFunction,
  of,
  pipe,
  ReplaySubject,
  Subject,
  switchMap,
  tap,
} from 'rxjs';
import { type RunOptions, run$ } from '../run.js';
import { AnswerLog } from './answer-log.js';
import { AttemptLog } from './attempt-log.js';
import type { SolveEventBody } from './events.js';
import type { Kernels } from './kernels.js';
import type { RepairDecision } from './policy.js';
import { commentedOut, comparedWith } from './prefix.js';
import type { Placement, RepairSession, Turn, TurnResult } from './session.js';

export interface AttemptOptions extends Omit<RunOptions, 'clock' | 'stopOnError'> {
  readonly model: Model;
  readonly session: RepairSession;
  readonly kernels: Kernels;
  readonly form: 'fences' | 'tool';
  readonly signal: AbortSignal;
}

/** One answer of the model, and the run of its program. */
export class Attempt {
  readonly #turn: Turn;
  readonly #options: AttemptOptions;
  readonly #clock = startClock();
  readonly #answer = new AnswerLog();
  #log: AttemptLog;
  #placement: Placement | undefined;
  #decision: RepairDecision | undefined;

  constructor(turn: Turn, options: AttemptOptions) {
    this.#turn = turn;
    this.#options = options;
    this.#log = new AttemptLog(options.session.analysis, options.session.ran);
  }

  /** What has come of it, once its events have completed or failed. */
  get result(): Omit<TurnResult, 'defeat'> {
    return {
      log: this.#log,
      answer: this.#answer,
      placement: this.#placement,
      decision: this.#decision,
      durationMs: this.#clock(),
    };
  }

  /** To be subscribed once. Fails when the model does, or a kernel is lost that nothing can replace. */
  events$(): Observable<SolveEventBody> {
    const { model, session, form, signal } = this.#options;
    const said$ = new Subject<SolveEventBody>();
    const code$ = model.stream(this.#turn.request, { clock: this.#clock, signal }).pipe(
      tap((event) => {
        this.#answer.enter(event);
        said$.next({ type: 'model', event });
      }),
      codeOf(form),
    );
    const running$ = session.needsComparison(this.#turn)
      ? this.#compared(code$)
      : this.#placed(undefined, code$);
    return merge(said$, running$.pipe(finalize(() => said$.complete())));
  }

  /** Holds the code back until it is known how it begins, for that says where it runs. */
  #compared(code$: Observable<Token>): Observable<SolveEventBody> {
    const ran = this.#options.session.ran.map(({ code }) => code);
    return code$.pipe(
      connect(
        (all$) =>
          all$.pipe(
            comparedWith(ran),
            switchMap((comparison) => this.#placed(comparison, all$)),
          ),
        { connector: () => new ReplaySubject() },
      ),
    );
  }

  #placed(
    comparison: Parameters<RepairSession['place']>[1],
    code$: Observable<Token>,
  ): Observable<SolveEventBody> {
    const { session, kernels } = this.#options;
    const placement = session.place(this.#turn, comparison);
    this.#placement = placement;
    if (placement.type === 'refused') return EMPTY;
    session.begin(placement);
    const { kept, reason, to, lines } = placement;
    const isFresh = placement.type === 'fresh';
    this.#log = new AttemptLog(session.analysis, session.ran, lines);
    const told: SolveEventBody[] =
      this.#turn.by === 'first' ? [] : [{ type: 'kernel', isFresh, kept, reason }];
    const kernel$ = defer(() => (isFresh ? from(kernels.replace()) : of(kernels.current)));
    return concat(told, kernel$.pipe(switchMap((kernel) => this.#run(kernel, code$.pipe(commentedOut(to))))));
  }

  #run(kernel: Kernel, code$: Observable<Token>): Observable<SolveEventBody> {
    const { session, signal } = this.#options;
    const options = {
      ...this.#options,
      clock: this.#clock,
      stopOnError: () => this.#decision?.stop === 'now',
    };
    return run$(code$, kernel, options).pipe(
      concatMap((event): SolveEventBody[] => {
        this.#log.enter(event);
        return [{ type: 'run', event }, ...this.#decide()];
      }),
      catchError((error: unknown) => {
        if (!(error instanceof KernelError) || signal.aborted || !session.canReplaceKernel) throw error;
        this.#log.loseKernel(error);
        return this.#decide();
      }),
    );
  }

  /** As soon as the program has failed, and once. */
  #decide(): SolveEventBody[] {
    const { session, signal } = this.#options;
    const { failure } = this.#log;
    if (this.#decision || !failure || signal.aborted) return [];
    this.#decision = session.decide(failure, this.#log);
    return [{ type: 'decision', failure, decision: this.#decision }];
  }
}

function codeOf(form: 'fences' | 'tool'): OperatorFunction<ModelEvent, Token> {
  return form === 'tool' ? toolCode() : pipe(answerText(), codeFences());
}
