import { addAbortSignal } from 'node:stream';
import { type Chunk, Segmenter } from '@eager/detection';
import { CommandError, EXIT } from '../exit-codes.js';
import { readProgram } from '../program-source.js';

/** How `eager segment` feeds the text: at once, character by character, or in random pieces of 1 to 8 characters. */
export type Feeding =
  | { readonly kind: 'whole' | 'chars' }
  | { readonly kind: 'random'; readonly seed: number };

export interface SegmentOptions {
  readonly json?: boolean;
  readonly tokens: Feeding;
}

/** `eager segment FILE`: shows the chunks of a program. Boundaries do not depend on how the text is fed. */
export async function segmentCommand(
  file: string,
  { json, tokens }: SegmentOptions,
  signal: AbortSignal,
): Promise<number> {
  if (file === '-') addAbortSignal(signal, process.stdin);
  const text = await readProgram(file);
  const segmenter = new Segmenter();
  const print = json ? printJson : printLine;
  for (const piece of pieces(text, tokens)) segmenter.feed(piece, 0).forEach(print);
  segmenter.end(0).forEach(print);
  return EXIT.ok;
}

/** Reads `whole`, `chars` or `random:SEED`. */
export function parseFeeding(value: string): Feeding {
  if (value === 'whole' || value === 'chars') return { kind: value };
  const [, digits] = /^random:(\d{1,9})$/.exec(value) ?? [];
  if (digits !== undefined) return { kind: 'random', seed: Number(digits) };
  throw new CommandError(
    `--tokens ${value}: expected whole, chars, or random:SEED with a whole number as seed.`,
    EXIT.usage,
  );
}

function* pieces(text: string, feeding: Feeding): Generator<string> {
  if (feeding.kind === 'whole') {
    yield text;
    return;
  }
  let state = feeding.kind === 'random' ? feeding.seed : 0;
  for (let at = 0; at < text.length; ) {
    let length = 1;
    if (feeding.kind === 'random') {
      // A linear congruential generator: any would do, this one needs a line.
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      length = 1 + (state >>> 29);
    }
    yield text.slice(at, at + length);
    at += length;
  }
}

function printJson({ from, to, line, kind, closedBy }: Chunk): void {
  process.stdout.write(`${JSON.stringify({ type: 'chunk', from, to, line, kind, closedBy })}\n`);
}

function printLine({ code, line, kind, closedBy }: Chunk): void {
  const [first = '', ...rest] = code.trimEnd().split('\n');
  const lines = rest.length === 0 ? `${line}` : `${line}–${line + rest.length}`;
  process.stdout.write(
    `${lines.padStart(9)}  ${kind.padEnd(8)}  ${closedBy.padEnd(7)}  ${first}${rest.length === 0 ? '' : ' …'}\n`,
  );
}
