import type { Chunk } from '@eager/detection';
import type { ExecutionEvent } from '@eager/execution';
import type { Token } from '@eager/generation';

/** How a run ended. `aborted`: generation failed or was stopped before its end; `interrupted`: the user stopped the run. */
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
}

/** The program raised: what an execute_reply with status `error` says, and where. */
export interface ProgramError {
  readonly ename: string;
  readonly evalue: string;
  /** Lines as IPython renders them, with ANSI colours. */
  readonly traceback: readonly string[];
  /** The chunk that raised. */
  readonly chunk: Chunk;
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
