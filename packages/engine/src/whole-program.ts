import type { Chunk } from '@eager/detection';
import type { Clock, Token } from '@eager/generation';
import { Tree } from '@lezer/common';
import { map, type OperatorFunction, pipe, toArray } from 'rxjs';

/** All tokens put together, once they are complete, as one chunk. Its tree is empty: nothing looks into it. */
export function wholeProgram(clock: Clock): OperatorFunction<Token, Chunk> {
  return pipe(
    toArray(),
    map((tokens): Chunk => {
      const code = tokens.map(({ text }) => text).join('');
      const atMs = clock();
      return {
        ...{ id: 0, code, leading: '', from: 0, to: code.length, line: 1, tree: Tree.empty },
        ...{ kind: 'compound', closedBy: 'end', arrivedAtMs: tokens.at(-1)?.atMs ?? atMs, atMs },
      };
    }),
  );
}
