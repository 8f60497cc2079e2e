import {
  type Chunk,
  detect,
  effects,
  hold,
  type JudgedChunk,
  judge,
  only,
  type Policy,
  permitted,
  segment,
} from '@eager/detection';
import { type CellOptions, execute, type Kernel } from '@eager/execution';
import { type Clock, startClock, type Token } from '@eager/generation';
import {
  catchError,
  concat,
  concatMap,
  connect,
  defer,
  EMPTY,
  fromEvent,
  map,
  merge,
  type Observable,
  type OperatorFunction,
  of,
  pipe,
  takeUntil,
  takeWhile,
  throwError,
} from 'rxjs';
import { announcingConvicted } from './convicted.js';
import type { Numbered, ProgramError, RunEvent } from './events.js';
import { flattened } from './flattened.js';
import { RunLedger } from './run-ledger.js';
import { statementTimeout } from './statement-timeout.js';
import { wholeProgram } from './whole-program.js';

export interface RunOptions extends Omit<CellOptions, 'permit' | 'suspects$' | 'trailing'> {
  /** What may happen before the program is complete; by default `effects()`. A serial run needs none. */
  readonly policy?: Policy;
  /**
   * Ends the run, and with it generation, at the first Python error, or says whether to do so; by default the run goes
   * on to hear the model out. A syntax error always ends it.
   */
  readonly stopOnError?: boolean | ((error: ProgramError) => boolean);
  /**
   * How long a statement may run on the kernel, in milliseconds, without the time for which a gate holds it. One that
   * runs longer is interrupted, which ends the run with a `StatementTimeoutError` as the `reason` of its `end`; with
   * `patienceMs` also one that ignores that. For {@link runSerially$} the whole program is one statement.
   */
  readonly statementTimeoutMs?: number;
}

/**
 * Runs a program on a kernel while its tokens arrive.
 *
 * Cold; the kernel is not disposed. The last event is always `end`. A Python exception is an event. Only a failure of
 * `tokens$` and the loss of the kernel are errors of the observable, after an `end` with status `aborted`.
 * Unsubscribing stops generation and interrupts the program.
 *
 * ```ts
 * await using kernel = embeddedKernel({ python: 'python3' });
 * await run$(fromText(program, { tokensPerSecond: 50 }), kernel).forEach((event) => console.log(event.type));
 * ```
 */
export function run$(
  tokens$: Observable<Token>,
  kernel: Kernel,
  options: RunOptions = {},
): Observable<Numbered<RunEvent>> {
  const { policy = effects() } = options;
  return supervised(options, (cell) =>
    tokens$.pipe(
      announcing(
        toTokenEvent,
        pipe(
          detect(cell.clock),
          connect((found$) => {
            const suspects$ = found$.pipe(only('suspect'));
            const running = pipe(hold(), execute(kernel, { ...guarded(cell, policy), suspects$ }));
            const judging = pipe(judge(policy), announcing(toVerdictEvent(cell.clock), running));
            return found$.pipe(only('chunk'), announcing(toChunkEvent, judging));
          }),
        ),
      ),
      announcingConvicted(),
    ),
  );
}

/**
 * Generates the whole program first, and then runs it by one plain `execute_request`: what all others do, and what an
 * eager run is compared with. Its events are those of {@link run$}, with the whole program as the one chunk that runs.
 */
export function runSerially$(
  tokens$: Observable<Token>,
  kernel: Kernel,
  options: RunOptions = {},
): Observable<Numbered<RunEvent>> {
  return supervised(options, (cell) =>
    tokens$.pipe(
      takeUntil(aborted$(cell.signal)),
      announcing(toTokenEvent, (tokens$) =>
        merge(
          tokens$.pipe(segment(cell.clock), map(toChunkEvent)),
          tokens$.pipe(
            wholeProgram(cell.clock),
            concatMap((program) => (cell.signal?.aborted ? EMPTY : kernel.runWhole(program, cell))),
          ),
        ),
      ),
    ),
  );
}

/** Adds what is known of a run only by looking at all of it: its failure, when to stop, and its end. */
function supervised(
  options: RunOptions,
  run: (cell: CellOptions & { readonly clock: Clock }) => Observable<RunEvent>,
): Observable<Numbered<RunEvent>> {
  return defer(() => {
    const ledger = new RunLedger();
    const timeout = new AbortController();
    const signal = AbortSignal.any([timeout.signal, ...(options.signal ? [options.signal] : [])]);
    const {
      clock = startClock(),
      statementTimeoutMs = Number.POSITIVE_INFINITY,
      stopOnError = false,
    } = options;
    const cell = { ...options, clock, signal, trailing: () => ledger.trailing };
    const stopsAt = (error: ProgramError | undefined) =>
      error !== undefined && (typeof stopOnError === 'function' ? stopOnError(error) : stopOnError);
    const isLast = (event: RunEvent) =>
      event.type === 'closed' && (signal.aborted || ledger.isHopeless || stopsAt(ledger.error));
    // Where generation shares the caller's signal, it may fail before `any` has told us of the same abort.
    const end$ = (failed: boolean) =>
      defer(() => [
        ledger.end(clock(), { failed, signal: options.signal?.aborted ? options.signal : signal }),
      ]);
    const events$ = run(cell).pipe(
      statementTimeout(statementTimeoutMs, (error) => timeout.abort(error)),
      flattened((event) => ledger.enter(event)),
      takeWhile((event) => !isLast(event), true),
    );
    return concat(events$, end$(false)).pipe(
      catchError((error) =>
        concat(
          end$(true),
          throwError(() => error),
        ),
      ),
      map((event, seq) => ({ ...event, seq })),
    );
  });
}

/** What `stage` makes of the items, with an event for each item before that. */
function announcing<T>(
  toEvent: (item: T) => RunEvent,
  stage: OperatorFunction<T, RunEvent>,
): OperatorFunction<T, RunEvent> {
  return connect((items$) => merge(items$.pipe(map(toEvent)), items$.pipe(stage)));
}

function toTokenEvent(token: Token): RunEvent {
  return { type: 'token', atMs: token.atMs, token };
}

function toChunkEvent(chunk: Chunk): RunEvent {
  return { type: 'chunk', atMs: chunk.atMs, chunk };
}

function toVerdictEvent(clock: Clock): (chunk: JudgedChunk) => RunEvent {
  return (chunk) => ({ type: 'verdict', atMs: clock(), chunk, verdict: chunk.verdict });
}

/** The policy also answers for what the program is about to do while it runs. */
function guarded(cell: CellOptions, policy: Policy): CellOptions {
  return policy.permit ? { ...cell, permit: (effect) => permitted(policy, effect) } : cell;
}

function aborted$(signal: AbortSignal | undefined): Observable<unknown> {
  if (!signal) return EMPTY;
  return signal.aborted ? of(signal.reason) : fromEvent(signal, 'abort');
}
