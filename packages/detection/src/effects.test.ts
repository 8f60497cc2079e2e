import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EffectAnalysis } from './effects.js';
import type { Effect } from './policy.js';
import { Segmenter } from './segmenter.js';

const cases = readFileSync(new URL('effects.txt', import.meta.url), 'utf8')
  .split(/^## /m)
  .slice(1)
  .map((text) => ({
    name: text.slice(0, text.indexOf('\n')),
    expected: text.slice(text.indexOf('\n') + 1).trimEnd(),
  }));

it('has the cases of effects.txt, each under a name of its own', () => {
  expect(new Set(cases.map(({ name }) => name)).size).toBeGreaterThanOrEqual(120);
  expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
});

describe('EffectAnalysis', () => {
  it.each(cases)('$name', ({ expected }) => {
    expect(marked(`${expected}\n`.replace(/^--- .*\n/gm, '')).trimEnd()).toBe(expected);
  });
});

it('EffectAnalysis looks at any text, however broken, and finds effects on its lines only', () => {
  const program = cases.map(({ expected }) => expected.replace(/^--- .*\n?/gm, '')).join('\n');
  const piece = fc
    .tuple(fc.nat(program.length), fc.nat(200))
    .map(([from, length]) => program.slice(from, from + length));
  const property = fc.property(fc.array(piece, { maxLength: 5 }), (pieces) => {
    const text = pieces.join('');
    const analysis = new EffectAnalysis();
    const segmenter = new Segmenter();
    const lines = text.split(/\r\n|\r|\n/).length;
    for (const chunk of [...segmenter.feed(text, 0), ...segmenter.end(0)])
      for (const { line } of analysis.analyse(chunk)) {
        expect(line).toBeGreaterThanOrEqual(1);
        expect(line).toBeLessThanOrEqual(lines);
      }
  });
  fc.assert(property, { seed: 1, numRuns: 500 });
});

/** The program as `effects.txt` shows it: each statement with its effects below it. */
function marked(program: string): string {
  const segmenter = new Segmenter();
  const analysis = new EffectAnalysis();
  const parts = [...segmenter.feed(program, 0), ...segmenter.end(0)].flatMap((chunk) => [
    chunk.leading,
    chunk.code,
    ...analysis.analyse(chunk).map(shown),
  ]);
  return parts.join('');
}

function shown({ class: effectClass, what, line, unaudited }: Effect): string {
  return `--- ${unaudited ? 'unaudited ' : ''}${effectClass}, line ${line}: ${what}\n`;
}
