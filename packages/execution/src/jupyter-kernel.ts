import type { Chunk } from '@eager/detection';
import { startClock } from '@eager/generation';
import type { Kernel as Jupyter, KernelMessage } from '@jupyterlab/services';
import {
  asapScheduler,
  auditTime,
  buffer,
  concat,
  concatMap,
  connect,
  defer,
  distinctUntilChanged,
  EMPTY,
  finalize,
  from,
  fromEventPattern,
  map,
  merge,
  type Observable,
  type OperatorFunction,
  of,
  Subject,
  startWith,
  switchMap,
  takeUntil,
  takeWhile,
} from 'rxjs';
import {
  errorOf,
  plainRequest,
  type ReadyKernel,
  type RequestContext,
  streamedCellRequest,
} from './cell-request.js';
import { installDriver, type JournalOwner, keepJournal, tryStdin } from './driver.js';
import { Escalation } from './escalation.js';
import {
  type Batch,
  type CellOptions,
  DEFAULT_MAX_OUTPUT_BYTES,
  type ExecutionEvent,
  type GatedChunk,
  type Kernel,
  KernelError,
  type KernelStatus,
  type Notice,
} from './kernel.js';
import { OutputBudget } from './output-budget.js';
import { requestPerBatch } from './request-per-batch.js';
import { type CellInput, StreamedCell } from './streamed-cell.js';

/** A connection that may still be opening, and its end. */
export interface KernelSource {
  /** Rejects with a {@link KernelError} when the kernel cannot be had. */
  readonly connection: Promise<Jupyter.IKernelConnection>;
  /** Resolves when the kernel is gone, in whatever way, with what happened. */
  readonly gone: Promise<KernelError>;
  /** Whether the kernel begins with the driver, and so is one that can take it. */
  readonly hasDriver?: boolean;
  /** The client, where messages can get lost on the way: the kernel then keeps a journal of what it says to it. */
  readonly journalFor?: JournalOwner;
  /** What its owner has to say of it. */
  readonly notices$?: Observable<Notice>;
  /** Ends it at once, whatever it does. Without it, it is not ours to end. */
  kill?(): Promise<void>;
  dispose(): Promise<void>;
}

/**
 * A {@link Kernel} over a connection of `@jupyterlab/services`, wherever that leads.
 *
 * It may be used before the kernel is there: chunks wait on this side until it asks for them. A program that is
 * started while another one runs waits for its turn.
 */
export class JupyterKernel implements Kernel {
  readonly status$: Observable<KernelStatus>;
  readonly notices$: Observable<Notice>;
  readonly #notices = new Subject<Notice>();
  readonly #source: KernelSource;
  /** Settles once the driver is installed, or could not be. */
  readonly #ready: Promise<ReadyKernel>;
  readonly #gone$: Observable<never>;
  #hasToldLimitation = false;
  /** Why we have killed it. */
  #killedFor: KernelError | undefined;
  /** Settles when all programs so far have ended. */
  #free: Promise<unknown> = Promise.resolve();
  /** How to interrupt each program, in the order in which they run. */
  readonly #programs = new Set<() => Promise<void>>();

  constructor(source: KernelSource) {
    this.#source = source;
    this.#ready = source.connection.then((connection) =>
      source.hasDriver ? { connection, limitation: undefined } : prepared(connection, source.journalFor),
    );
    this.#ready.catch(() => {}); // Whoever runs a program hears of it.
    this.#gone$ = from(source.gone).pipe(
      map((error) => {
        throw this.#killedFor ?? error;
      }),
    );
    this.status$ = statusOf(source);
    this.notices$ = merge(this.#notices, source.notices$ ?? EMPTY).pipe(takeUntil(source.gone));
  }

  run(chunks$: Observable<GatedChunk>, options: CellOptions = {}): Observable<ExecutionEvent> {
    return defer(() => {
      const { clock = startClock() } = options;
      const cell = new StreamedCell(clock);
      let connection: Jupyter.IKernelConnection | undefined;
      const interrupt = async () => {
        if (!cell.abort()) await connection?.interrupt();
      };
      const fromProgram$ = concat(
        chunks$.pipe(map((chunk): CellInput => ({ type: 'chunk', chunk }))),
        defer(() => of<CellInput>({ type: 'end', trailing: options.trailing?.() ?? '' })),
      );
      const suspects$ = (options.suspects$ ?? EMPTY).pipe(
        map((chunk): CellInput => ({ type: 'suspect', chunk })),
      );
      const open = (context: RequestContext) => {
        connection = context.connection;
        return context.limitation === undefined
          ? streamedCellRequest(context, cell)
          : requestPerBatch(context, cell);
      };
      const fromKernel$ = this.#inTurn(options, interrupt, open, of<CellInput>({ type: 'idle' }));
      // Chunks first: what has arrived when the kernel asks for the first time travels in one batch.
      return merge(
        merge(fromProgram$, suspects$).pipe(atOnce()),
        fromKernel$.pipe(map((message) => [message])),
      ).pipe(
        takeWhile((messages) => messages[0]?.type !== 'idle', true),
        concatMap((messages) => cell.take(...messages)),
      );
    });
  }

  runWhole(program: Chunk, options: CellOptions = {}): Observable<ExecutionEvent> {
    const { clock = startClock() } = options;
    let isAborted = false;
    let connection: Jupyter.IKernelConnection | undefined;
    const interrupt = async () => {
      isAborted = true;
      await connection?.interrupt();
    };
    const open = (context: RequestContext) => {
      if (isAborted) return EMPTY;
      connection = context.connection;
      const atMs = clock();
      const batch: Batch = { id: 0, chunks: [program], atMs };
      const started: readonly ExecutionEvent[] = [
        { type: 'batch', atMs, batch },
        { type: 'started', atMs, batch, chunk: program },
      ];
      const results$ = plainRequest(context, program.code).pipe(
        map((result): ExecutionEvent => {
          const event = { atMs: clock(), batch, chunk: program };
          if (result.type === 'output') return { ...event, ...result };
          const finished = { ...event, type: 'finished', durationMs: event.atMs - atMs, heldMs: 0 } as const;
          return result.error
            ? { ...finished, status: 'error', error: result.error }
            : { ...finished, status: 'ok' };
        }),
      );
      const closed$ = defer(() =>
        of<ExecutionEvent>({ type: 'closed', atMs: clock(), durationMs: 0, error: null }),
      );
      return concat(started, results$, closed$);
    };
    return this.#inTurn(options, interrupt, open, EMPTY);
  }

  async interrupt(): Promise<void> {
    const [running] = this.#programs;
    await running?.();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#source.dispose();
  }

  /**
   * Starts a request when the kernel is there and free; fails when it is gone.
   *
   * @param withdrawn what comes in its place when it is interrupted while it waits behind another program
   */
  #inTurn<T>(
    { input, permit, signal, patienceMs, maxOutputBytes = DEFAULT_MAX_OUTPUT_BYTES }: CellOptions,
    interrupt: () => Promise<void>,
    start: (context: RequestContext) => Observable<T>,
    withdrawn: Observable<T>,
  ): Observable<T> {
    return defer(() => {
      const turn = this.#free;
      let release = () => {};
      this.#free = new Promise<void>((resolve) => {
        release = resolve;
      });
      const notify = (notice: Notice) => this.#notices.next(notice);
      const lost$ = new Subject<never>();
      const giveUp = (waitedMs: number) => this.#kill(waitedMs).catch((error) => lost$.error(error));
      const escalation = new Escalation({ interrupt, giveUp, patienceMs, notify });
      let isStarted = false;
      let withdraw = () => {};
      const isWithdrawn = new Promise<void>((resolve) => {
        withdraw = resolve;
      });
      const abort = async () => {
        const [first] = this.#programs;
        if (first === abort) return escalation.start();
        await interrupt();
        withdraw();
      };
      this.#programs.add(abort);
      if (signal?.aborted) void abort();
      signal?.addEventListener('abort', abort);
      const itsTurn = turn.then(() => this.#ready);
      return from(Promise.race([itsTurn, isWithdrawn])).pipe(
        switchMap((ready) => {
          if (!ready) return withdrawn;
          isStarted = true;
          this.#tellLimitation(ready);
          const budget = ready.limitation === undefined ? undefined : new OutputBudget(maxOutputBytes);
          return start({ ...ready, input, permit, maxOutputBytes, budget, notify, release });
        }),
        takeUntil(merge(this.#gone$, lost$)),
        finalize(() => {
          escalation[Symbol.dispose]();
          this.#programs.delete(abort);
          signal?.removeEventListener('abort', abort);
          // Those behind wait for the one before, who may still run.
          if (!isStarted) void turn.then(release);
        }),
      );
    });
  }

  #tellLimitation({ limitation }: ReadyKernel): void {
    if (limitation === undefined || this.#hasToldLimitation) return;
    this.#hasToldLimitation = true;
    this.#notices.next({ type: 'limited', message: limitation });
  }

  /** @throws {KernelError} when it cannot be killed from here. */
  async #kill(waitedMs: number): Promise<void> {
    const what = `The program did not end within ${waitedMs / 1000} s of being interrupted`;
    if (!this.#source.kill) {
      throw new KernelError(`${what}, and its kernel is not ours to end. Restart it where it was started.`);
    }
    this.#killedFor = new KernelError(
      `${what}, so its kernel was killed; all its variables are lost. Start a new kernel to run it again.`,
    );
    this.#notices.next({ type: 'killed', message: this.#killedFor.message });
    await this.#source.kill();
  }
}

/**
 * Installs the driver where the kernel can take it. A kernel that has it already only says so.
 *
 * @throws {KernelError} when the kernel does not run Python.
 */
async function prepared(
  connection: Jupyter.IKernelConnection,
  journalFor: JournalOwner | undefined,
): Promise<ReadyKernel> {
  const { implementation, language_info } = await connection.info;
  if (language_info.name !== 'python') {
    throw new KernelError(`The kernel runs ${language_info.name}, not Python. Choose a Python kernel.`);
  }
  const reason = await withoutDriver(connection, journalFor);
  if (reason === undefined) return { connection, limitation: undefined };
  const limitation =
    `The kernel (${implementation}) cannot run a program as one cell: ${reason}. Statements go to it in several ` +
    'requests, which shows: a figure in parts, for example, and effects are held only where they can be told from the ' +
    'code. ipykernel 6.29 or newer has none of this.';
  return { connection, limitation };
}

/** Why the kernel cannot take the driver; undefined once it has it. */
async function withoutDriver(
  connection: Jupyter.IKernelConnection,
  journalFor: JournalOwner | undefined,
): Promise<string | undefined> {
  const journal = journalFor === undefined ? '' : `${keepJournal(journalFor)}\n`;
  const code = `${installDriver}${journal}${tryStdin}`;
  const future = connection.requestExecute({ code, silent: true, allow_stdin: true });
  future.onStdin = (message) => {
    if (message.header.msg_type === 'input_request') {
      connection.sendInputReply(
        { status: 'ok', value: '' },
        message.header as KernelMessage.IHeader<'input_request'>,
      );
    }
  };
  const error = errorOf((await future.done).content);
  return error ? `${error.ename}: ${error.evalue}` : undefined;
}

/** Collects what comes in one go: a lump of a model's text holds several chunks, and its last one the end as well. */
function atOnce<T>(): OperatorFunction<T, T[]> {
  return connect((source$) => source$.pipe(buffer(source$.pipe(auditTime(0, asapScheduler)))));
}

function statusOf({ connection, gone }: KernelSource): Observable<KernelStatus> {
  const changes$ = from(connection).pipe(
    switchMap((connection) =>
      fromEventPattern<Jupyter.Status>(
        (handler) => connection.statusChanged.connect(handler),
        (handler) => connection.statusChanged.disconnect(handler),
        (_connection: unknown, status: Jupyter.Status) => status,
      ).pipe(startWith(connection.status)),
    ),
    map(toStatus),
    startWith<KernelStatus>('starting'),
    takeUntil(gone),
  );
  return concat(changes$, of<KernelStatus>('dead')).pipe(distinctUntilChanged());
}

function toStatus(status: Jupyter.Status): KernelStatus {
  switch (status) {
    case 'idle':
    case 'busy':
    case 'dead':
      return status;
    case 'restarting':
    case 'autorestarting':
      return 'restarting';
    default:
      return 'starting';
  }
}
