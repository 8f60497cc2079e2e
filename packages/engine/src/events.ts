import type { Chunk } from '@eager/detection';
import type { ExecutionEvent, PythonError } from '@eager/execution';
import type { Token } from '@eager/generation';

/**
 * How a run ended. `error`: the program raised. `aborted`: generation failed, or the kernel was lost, before the end of
 * the program. `interrupted`: the caller stopped the run.
 */
export type RunStatus = 'ok' | 'error' | 'aborted' | 'interrupted';

/** What a run took, in milliseconds. */
export interface RunSummary {
  readonly status: RunStatus;
  /** From the first request to the last token. */
  readonly generationMs: number;
  /** Sum of the chunks' durations on the kernel's clock. */
  readonly executionMs: number;
  /** From the last token to the last result. */
  readonly nonOverlappedMs: number;
  /** From the first request to the last result. */
  readonly endToEndMs: number;
  /** Chunks that detection found. */
  readonly statements: number;
  readonly batches: number;
  /** What interrupted the run: the reason of its signal, or a `StatementTimeoutError`. */
  readonly reason?: unknown;
}

/** An exception ended the program. */
export interface ProgramError extends PythonError {
  /** The chunk that raised; undefined when an interrupt came between two chunks. */
  readonly chunk: Chunk | undefined;
  /** How many chunks had finished before; their effects stay. */
  readonly alreadyRan: number;
}

/** Everything that happens in a run, in order. `atMs` counts from the start of the run. */
export type RunEvent =
  | { readonly type: 'token'; readonly atMs: number; readonly token: Token }
  | { readonly type: 'chunk'; readonly atMs: number; readonly chunk: Chunk }
  | ExecutionEvent
  | ({ readonly type: 'error'; readonly atMs: number } & ProgramError)
  | ({ readonly type: 'end'; readonly atMs: number } & RunSummary);

/** An event with its place in its run: 0 for the first, then counting up by one. */
export type Numbered<T> = T & { readonly seq: number };
