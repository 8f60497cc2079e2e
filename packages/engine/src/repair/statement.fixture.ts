import { type Chunk, Segmenter } from '@eager/detection';

/** The first statement of a program. */
export function statementOf(program: string): Chunk {
  const segmenter = new Segmenter();
  const [chunk] = [...segmenter.feed(program, 0), ...segmenter.end(0)];
  if (chunk === undefined) throw new Error(`No statement: ${program}`);
  return chunk;
}
