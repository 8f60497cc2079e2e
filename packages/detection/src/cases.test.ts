import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Chunk } from './chunk.js';
import { Segmenter } from './segmenter.js';

/** How `cases.txt` writes the characters that an editor would not show. The last one is no character at all. */
const SYMBOLS: [symbol: string, character: string][] = [
  ['␍', '\r'],
  ['␌', '\f'],
  ['␉', '\t'],
  ['␂', '\ufeff'],
  ['␄\n', ''],
];

const cases = readFileSync(new URL('cases.txt', import.meta.url), 'utf8')
  .split(/^## /m)
  .slice(1)
  .map((text) => ({
    name: text.slice(0, text.indexOf('\n')),
    expected: text.slice(text.indexOf('\n') + 1).trimEnd(),
  }));

it('has the cases of cases.txt', () => expect(cases.length).toBeGreaterThanOrEqual(80));

describe.each(cases)('$name', ({ expected }) => {
  const program = SYMBOLS.reduce(
    (text, [symbol, character]) => text.replaceAll(symbol, character),
    `${expected}\n`.replace(/^---.*\n/gm, ''),
  );

  it.each([
    ['whole', [program]],
    ['in pairs', program.match(/[\s\S]{1,2}/g) ?? []],
    ['by single characters', program.split('')],
  ])('fed %s', (_, pieces) => expect(marked(program, pieces).trimEnd()).toBe(expected));
});

/** The program as `cases.txt` shows it: each chunk below a line that says what it is. */
function marked(program: string, pieces: readonly string[]): string {
  const segmenter = new Segmenter();
  const chunks: Chunk[] = [...pieces.flatMap((piece) => segmenter.feed(piece, 0)), ...segmenter.end(0)];
  const parts = chunks.flatMap(({ leading, kind, closedBy, code }) => [
    ...(leading ? ['---\n', shown(leading)] : []),
    `--- ${kind}, ${closedBy}\n`,
    shown(code),
  ]);
  const rest = program.slice(chunks.at(-1)?.to ?? 0);
  return parts.join('') + (rest ? `---\n${shown(rest)}` : '');
}

function shown(text: string): string {
  const visible = SYMBOLS.slice(0, -1)
    .reduce((all, [symbol, character]) => all.replaceAll(character, symbol), text)
    .replace(/␍(?!\n)/g, '␍␄\n');
  return visible.endsWith('\n') ? visible : `${visible}␄\n`;
}
