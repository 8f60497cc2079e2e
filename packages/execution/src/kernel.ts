import type { Chunk, Effect, Verdict } from '@eager/detection';
import type { Clock } from '@eager/generation';
import type { Observable } from 'rxjs';
import type { Output } from './output.js';

/** A chunk that may have been judged by a gate. With the verdict `deny` it raises PermissionError instead of running. */
export type GatedChunk = Chunk & {
  readonly verdict?: Verdict;
  /** What static analysis found in it: what a kernel without a hook asks leave for. */
  readonly effects?: readonly Effect[];
};

/** The chunks that travelled to the kernel in one reply: all that were pending when it asked for more. */
export interface Batch {
  /** 0 for the first batch of the program, then counting up. */
  readonly id: number;
  readonly chunks: readonly Chunk[];
  /** When it was handed to the kernel, in milliseconds since the run began. */
  readonly atMs: number;
}

/**
 * An exception that ended a program.
 *
 * @see https://jupyter-client.readthedocs.io/en/stable/messaging.html#request-reply
 */
export interface PythonError {
  /** The name of its class. */
  readonly ename: string;
  readonly evalue: string;
  /** Lines as IPython renders them, with ANSI colours; empty when it was printed to stderr instead. */
  readonly traceback: readonly string[];
}

/**
 * What happens to a program on a kernel. An event knows its batch and a batch its chunks, so a fold over the
 * events sees everything. A Python exception is a value here: an `output` of type `error`, then `finished` with
 * status `error`, after which nothing of the program runs.
 */
export type ExecutionEvent = {
  /** Milliseconds since the run began. */
  readonly atMs: number;
} & (
  | { readonly type: 'batch'; readonly batch: Batch }
  /** The gate has decided about a statement, or about what it is about to do. */
  | { readonly type: 'verdict'; readonly chunk: Chunk; readonly verdict: Verdict }
  | { readonly type: 'started'; readonly batch: Batch; readonly chunk: Chunk }
  | { readonly type: 'output'; readonly batch: Batch; readonly chunk: Chunk; readonly output: Output }
  | ({
      readonly type: 'finished';
      readonly batch: Batch;
      readonly chunk: Chunk;
      /** How long the chunk ran, on the kernel's clock. It was on the kernel from `atMs - durationMs - heldMs` to `atMs`. */
      readonly durationMs: number;
      /** For how long the gate held what it was about to do. */
      readonly heldMs: number;
      /**
       * What it has done to the world after the program was complete, when the gate asks no more, as far as the kernel's
       * audit hook sees it. Only with {@link CellOptions.permit}.
       */
      readonly effects?: readonly Effect[];
    } & (
      | { readonly status: 'ok' }
      | {
          readonly status: 'error';
          readonly error: PythonError;
          /** The parser raised: whatever follows, this is the beginning of no program. */
          readonly isSyntaxError?: boolean;
        }
    ))
  /** The cell is over; always the last event. */
  | {
      readonly type: 'closed';
      /** How long its end took: showing the last expression's value and the figures still open. */
      readonly durationMs: number;
      /** What ended the program while none of its chunks ran, as an interrupt can. */
      readonly error: PythonError | null;
    }
);

/** Answers `input()` and `getpass()` of the program. A rejection ends the program with an interrupt. */
export type InputHandler = (prompt: string, hidden: boolean) => Promise<string>;

export interface CellOptions {
  /** Stamps the events. Its zero is the run's; by default the moment of subscription. */
  readonly clock?: Clock;
  /**
   * Gives the text after the last chunk, once `chunks$` has completed: blank lines and comments, which belong to the
   * cell's input (`In[n]`) and to no statement. Without it, the input ends with the last chunk.
   */
  readonly trailing?: () => string;
  /** Without it, `input()` raises `StdinNotImplementedError` in the program. */
  readonly input?: InputHandler;
  /**
   * Decides about what the program is about to do to the world while chunks still arrive; must not reject. An effect
   * that is held happens when `chunks$` has completed. Without it, nothing is watched.
   */
  readonly permit?: (effect: Effect) => Promise<Verdict>;
  /**
   * What looks like a syntax error while it cannot run yet (see `detect`). Where the kernel has nothing to run it
   * looks at these; one that CPython rejects whatever follows is treated as the program's next chunk, and so ends
   * the program with its error.
   */
  readonly suspects$?: Observable<Chunk>;
  /**
   * Aborting it interrupts the program, which then ends as Python programs end on an interrupt. While the program does
   * not, the interrupt is repeated every two seconds.
   */
  readonly signal?: AbortSignal;
  /**
   * How long a program may go on after it has been interrupted, in milliseconds. Then its kernel is killed, and the run
   * fails with a {@link KernelError}. By default nothing is killed.
   */
  readonly patienceMs?: number;
  /**
   * How much the program may output, in bytes of text (UTF-8, images as base64) and 500 for each output; by default
   * {@link DEFAULT_MAX_OUTPUT_BYTES}. What exceeds it is left out by the kernel, and stderr says so: a text ends
   * between two characters, any other output comes whole or not at all. The error that ends the program, and a value
   * of its last expression of up to 1 MB, always come.
   */
  readonly maxOutputBytes?: number;
}

/** 100 MB, which holds an image of 70 MB. */
export const DEFAULT_MAX_OUTPUT_BYTES = 100_000_000;

/** What the user of a kernel should know and no event of a program tells. */
export interface Notice {
  /**
   * `interrupting`: a program is being interrupted, or still is. `killed`: so the kernel was ended.
   * `output lost`: something that the program has output does not come. `limited`: the kernel cannot run a program
   * as one cell, and takes it in several requests.
   */
  readonly type: 'interrupting' | 'killed' | 'output lost' | 'limited';
  /** What happened, why, and what to do, for people. */
  readonly message: string;
}

/** `dead`: the process is gone. `restarting`: another client or the server restarts it; its state is lost. */
export type KernelStatus = 'starting' | 'idle' | 'busy' | 'restarting' | 'dead';

/** The kernel or the connection to it is lost: the only failure that ends a run as an Rx error. */
export class KernelError extends Error {
  override readonly name = 'KernelError';
}

/** A Python kernel that runs one program at a time, each as one notebook cell. */
export interface Kernel extends AsyncDisposable {
  /** The latest status on subscription, then every change. Completes when the kernel is disposed. */
  readonly status$: Observable<KernelStatus>;
  /** What happens to programs from outside, as it happens. Completes when the kernel is gone. */
  readonly notices$: Observable<Notice>;
  /**
   * Runs the chunks as one cell.
   *
   * Cold: subscribing opens the cell, completion of `chunks$` ends it, unsubscribing interrupts it. An error of
   * `chunks$` interrupts the program and is passed on.
   */
  run(chunks$: Observable<GatedChunk>, options?: CellOptions): Observable<ExecutionEvent>;
  /** Runs a whole program, given as one chunk, by a plain `execute_request`: what a streamed cell is compared with. */
  runWhole(program: Chunk, options?: CellOptions): Observable<ExecutionEvent>;
  /** Interrupts the running program, as Ctrl-C would. Does nothing when none runs. */
  interrupt(): Promise<void>;
}
