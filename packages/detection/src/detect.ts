import type { Clock, Token } from '@eager/generation';
import { concat, concatMap, defer, type OperatorFunction } from 'rxjs';
import type { Chunk } from './chunk.js';
import { Segmenter } from './segmenter.js';

/** What detection finds in a program while it arrives. */
export interface Finding {
  /**
   * `chunk`: a complete statement. `suspect`: what looks like a syntax error and may be none, for CPython to judge: a
   * chunk that was found before, or the statement that is still open, as far as it has arrived. Of an open statement
   * `closedBy` says what it is closed by if CPython agrees, for then nothing that follows counts.
   */
  readonly type: 'chunk' | 'suspect';
  readonly chunk: Chunk;
}

/**
 * Turns the tokens of a program into its top-level statements, each as soon as no later token can change it, and
 * points at those that look like syntax errors, also while they are still open.
 *
 * When the tokens complete, so does the program, and the statement that was open is given out. When they fail,
 * the error is passed on and the open statement is dropped: a program that was cut off must not look finished.
 *
 * @param clock tells when the tokens completed; by default that is when the last of them arrived.
 * @see segment for the statements alone.
 */
export function detect(clock?: Clock): OperatorFunction<Token, Finding> {
  return (tokens$) =>
    defer(() => {
      const segmenter = new Segmenter();
      let lastAtMs = 0;
      const found$ = tokens$.pipe(
        // The arrays are at hand, so nothing is ever waiting: concatMap says only that the order is kept.
        concatMap(({ text, atMs }) => {
          lastAtMs = atMs;
          const chunks = segmenter.feed(text, atMs).map(toChunk);
          // Chunks first: what may run at once need not be checked.
          return chunks.concat(segmenter.suspects.map(toSuspect));
        }),
      );
      // concat subscribes to the rest on completion alone, never after an error.
      const rest$ = defer(() => segmenter.end(clock?.() ?? lastAtMs).map(toChunk));
      return concat(found$, rest$);
    });
}

function toChunk(chunk: Chunk): Finding {
  return { type: 'chunk', chunk };
}

function toSuspect(chunk: Chunk): Finding {
  return { type: 'suspect', chunk };
}
