import type { Chunk } from '@eager/detection';
import { startClock } from '@eager/generation';
import type { Kernel as Jupyter } from '@jupyterlab/services';
import {
  concat,
  concatMap,
  defer,
  distinctUntilChanged,
  EMPTY,
  finalize,
  from,
  fromEventPattern,
  map,
  merge,
  type Observable,
  of,
  startWith,
  switchMap,
  takeUntil,
  takeWhile,
} from 'rxjs';
import { plainRequest, type RequestContext, streamedCellRequest } from './cell-request.js';
import { installDriver } from './driver.js';
import {
  type Batch,
  type CellOptions,
  type ExecutionEvent,
  type GatedChunk,
  type Kernel,
  KernelError,
  type KernelStatus,
} from './kernel.js';
import { type CellInput, StreamedCell } from './streamed-cell.js';

/** A connection that may still be opening, and its end. */
export interface KernelSource {
  /** Rejects with a {@link KernelError} when the kernel cannot be had. */
  readonly connection: Promise<Jupyter.IKernelConnection>;
  /** Resolves when the kernel is gone, in whatever way, with what happened. */
  readonly gone: Promise<KernelError>;
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
  readonly #source: KernelSource;
  /** The connection, once the driver is installed. */
  readonly #ready: Promise<Jupyter.IKernelConnection>;
  readonly #gone$: Observable<never>;
  /** Settles when all programs so far have ended. */
  #free: Promise<unknown> = Promise.resolve();
  /** How to interrupt each program, in the order in which they run. */
  readonly #programs = new Set<() => Promise<void>>();

  constructor(source: KernelSource) {
    this.#source = source;
    this.#ready = source.connection.then(withDriver);
    this.#ready.catch(() => {}); // Whoever runs a program hears of it.
    this.#gone$ = from(source.gone).pipe(
      map((error) => {
        throw error;
      }),
    );
    this.status$ = statusOf(source);
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
        of<CellInput>({ type: 'end' }),
      );
      const fromKernel$ = this.#inTurn(options, interrupt, (context) => {
        connection = context.connection;
        return streamedCellRequest(context, cell);
      });
      // Chunks first: what has arrived when the kernel asks for the first time travels in one batch.
      return merge(fromProgram$, fromKernel$).pipe(
        takeWhile((message) => message.type !== 'idle', true),
        concatMap((message) => cell.take(message)),
      );
    });
  }

  runWhole(program: Chunk, options: CellOptions = {}): Observable<ExecutionEvent> {
    const { clock = startClock() } = options;
    const interrupt = async () => (await this.#ready).interrupt();
    return this.#inTurn(options, interrupt, (context) => {
      if (options.signal?.aborted) return EMPTY;
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
    });
  }

  async interrupt(): Promise<void> {
    const [running] = this.#programs;
    await running?.();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#source.dispose();
  }

  /** Starts a request when the kernel is there and free; fails when it is gone. */
  #inTurn<T>(
    { input, permit, signal }: CellOptions,
    interrupt: () => Promise<void>,
    start: (context: RequestContext) => Observable<T>,
  ): Observable<T> {
    return defer(() => {
      const turn = this.#free;
      let release = () => {};
      this.#free = new Promise<void>((resolve) => {
        release = resolve;
      });
      let isStarted = false;
      // A signal that arrives between two steps of the kernel is lost, so the interrupt is repeated until it is obeyed.
      let repeating: ReturnType<typeof setInterval> | undefined;
      // One that fails because the kernel is gone says nothing new.
      const abort = async () => {
        repeating ??= setInterval(() => void interrupt().catch(() => {}), INTERRUPT_AGAIN_MS);
        await interrupt().catch(() => {});
      };
      this.#programs.add(abort);
      if (signal?.aborted) void abort();
      signal?.addEventListener('abort', abort);
      return from(Promise.all([this.#ready, turn])).pipe(
        switchMap(([connection]) => {
          isStarted = true;
          return start({ connection, input, permit, release });
        }),
        takeUntil(this.#gone$),
        finalize(() => {
          clearInterval(repeating);
          this.#programs.delete(abort);
          signal?.removeEventListener('abort', abort);
          if (!isStarted) release();
        }),
      );
    });
  }
}

/** Long enough for a program to put things in order when it is interrupted. */
const INTERRUPT_AGAIN_MS = 2_000;

/** Installs the driver. A kernel that has it already only says so. */
async function withDriver(connection: Jupyter.IKernelConnection): Promise<Jupyter.IKernelConnection> {
  const { content } = await connection.requestExecute({ code: installDriver, silent: true }).done;
  if (content.status === 'ok') return connection;
  const reason =
    content.status === 'error' ? `${content.ename}: ${content.evalue}` : 'the request was aborted';
  throw new KernelError(
    `The driver could not be installed in the kernel (${reason}). It needs ipykernel 6.29 or newer.`,
  );
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
