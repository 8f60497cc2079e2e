import type { Tree } from '@lezer/common';

/** What a chunk is: one or more simple statements on a line, a compound statement, or an IPython magic. */
export type ChunkKind = 'simple' | 'compound' | 'magic';

/** What proved that no later character can change the chunk. */
export type ClosedBy =
  /** The newline that ends a simple statement. */
  | 'newline'
  /** The first character of a token at column 0 after a block. */
  | 'dedent'
  /** A word at column 0 that is no prefix of a keyword which could continue the statement. */
  | 'keyword'
  /** The end of the program. */
  | 'end';

/**
 * One complete top-level statement of the program.
 *
 * The program's text is the concatenation of `leading + code` over all chunks, plus what follows the last one.
 */
export interface Chunk {
  /** 0 for the first chunk of the program, then counting up. */
  readonly id: number;
  /** The statement, from its first token (decorators included) to the end of its last line, newline included. */
  readonly code: string;
  /** Blank lines and comments between the previous chunk (or the start of the program) and this one. */
  readonly leading: string;
  /** Offset of the first character of `code` in the program, in UTF-16 code units. */
  readonly from: number;
  /** Offset after the last character of `code`, in UTF-16 code units. */
  readonly to: number;
  /** Line of the first character of `code`, counted from 1. */
  readonly line: number;
  readonly kind: ChunkKind;
  readonly closedBy: ClosedBy;
  /** Lezer's syntax tree of `code`; its offsets count from the start of `code`. */
  readonly tree: Tree;
  /** When the token with the statement's last character (its newline not counted) arrived, in milliseconds since the run began. */
  readonly arrivedAtMs: number;
  /** When the chunk was known to be complete, in milliseconds since the run began. */
  readonly atMs: number;
}
