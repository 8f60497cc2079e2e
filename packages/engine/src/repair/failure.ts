import type { Chunk, Effect } from '@eager/detection';
import type { Output } from '@eager/execution';

/** A statement that has run to its end on the kernel as it stands now. */
export interface RanStatement {
  /** The statement. */
  readonly code: string;
  /** With the comments and blank lines before it. */
  readonly source: string;
  readonly durationMs: number;
  readonly outputs: readonly Output[];
  /** What it may have changed outside of the program. */
  readonly effects: readonly Effect[];
}

/** Why a program has not come to its end, and what that has left. */
export interface ProgramFailure {
  /** The class of the exception; `KernelError` when the kernel itself is lost. */
  readonly ename: string;
  readonly evalue: string;
  /** As Python shows it, without colours, with the lines of the program. */
  readonly traceback: string;
  /** The statement that failed; undefined when none ran. */
  readonly chunk: Chunk | undefined;
  /** The parser refused the statement, so nothing of it ran. */
  readonly isSyntaxError: boolean;
  /** The variables are gone, with the kernel that had them. */
  readonly isStateLost: boolean;
  /**
   * What of the failed statement may have happened before it failed, for people; undefined when it certainly has
   * changed nothing, so that the state is the one before it.
   */
  readonly traces: string | undefined;
  /** What the failed statement may have changed outside of the program. */
  readonly effects: readonly Effect[];
}

/** `KeyError: 'shop' (line 4)` */
export function describeFailure({ ename, evalue, chunk, isStateLost }: ProgramFailure): string {
  const words = evalue === '' ? ename : `${ename}: ${evalue}`;
  // A kernel that dies may not have told how far it was.
  if (isStateLost) return chunk ? `${words} (in line ${chunk.line} or after it)` : words;
  return chunk ? `${words} (line ${chunk.line})` : words;
}
