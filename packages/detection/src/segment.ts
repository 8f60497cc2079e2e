import type { Clock, Token } from '@eager/generation';
import { concat, concatMap, defer, type OperatorFunction } from 'rxjs';
import type { Chunk } from './chunk.js';
import { Segmenter } from './segmenter.js';

/**
 * Turns the tokens of a program into its top-level statements, each as soon as no later token can change it.
 *
 * When the tokens complete, so does the program, and the statement that was open is given out. When they fail,
 * the error is passed on and the open statement is dropped: a program that was cut off must not look finished.
 *
 * ```ts
 * tokens$.pipe(segment()).subscribe((chunk) => console.log(chunk.line, chunk.code));
 * ```
 *
 * @param clock tells when the tokens completed; by default that is when the last of them arrived.
 */
export function segment(clock?: Clock): OperatorFunction<Token, Chunk> {
  return (tokens$) =>
    defer(() => {
      const segmenter = new Segmenter();
      let lastAtMs = 0;
      const closed$ = tokens$.pipe(
        // The arrays are at hand, so nothing is ever waiting: concatMap says only that the order is kept.
        concatMap(({ text, atMs }) => {
          lastAtMs = atMs;
          return segmenter.feed(text, atMs);
        }),
      );
      // concat subscribes to the rest on completion alone, never after an error.
      const rest$ = defer(() => segmenter.end(clock?.() ?? lastAtMs));
      return concat(closed$, rest$);
    });
}
