import { expect, test } from 'vitest';
import { figuresText, withFigures } from './readme.js';
import { results, round } from './results.fixture.js';

const BEGIN = '<!-- figures of the bench: npm run bench -- --readme -->';
const END = '<!-- end of the figures -->';

test('figures replace what stands between their marks, and nothing else', () => {
  const before = `# Title\n${BEGIN}\nold\n${END}\nrest\n`;
  const after = `# Title\n${BEGIN}\nnew\n${END}\nrest\n`;
  expect(withFigures(before, 'new')).toBe(after);
  expect(withFigures(after, 'new')).toBe(after);
});

test('a text without marks is an error that names them', () => {
  expect(() => withFigures('# Title\n', 'new')).toThrow(`has no line "${BEGIN}"`);
});

test('figures are medians of pairs, with the machine that they hold for', () => {
  const text = figuresText(results(round({}, { endToEndMs: 3000 }, { endToEndMs: 2010 })));
  expect(text).toContain('| end-to-end time ÷ the lower bound | 1.005 |');
  expect(text).toContain('| runs with outputs equal to the serial run’s, byte for byte | 1 of 1 |');
  expect(text).toContain('1 pairs of runs, measured on 2026-01-31 on a CPU, 2 cores');
  expect(text).not.toContain('the paper');
});
