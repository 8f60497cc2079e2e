/**
 * No statement of a valid program may look like a syntax error because of where it was cut. CPython judges, all
 * programs of all corpora are judged, in pieces of every kind; those with IPython's own syntax only run.
 */

import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { Segmenter } from '../../packages/detection/src/index.js';
import { python } from '../python.js';
import { analyses, functions, hazards, notebooks, plots } from './corpora.js';
import { randomPieces } from './observe.js';

/** For each program, whether it is valid, and which of its chunks are not. */
const JUDGE = `
import ast, json, sys, warnings
warnings.simplefilter("ignore")
def is_valid(code):
    try:
        compile(code, "program", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        return True
    except SyntaxError:
        return False
print(json.dumps([[is_valid(text), [c for c in chunks if not is_valid(c)]] for text, chunks in json.load(sys.stdin)]))
`;

const corpora = { hazards, plots, functions, analyses, notebooks };

test.each(Object.entries(corpora))('%s: no statement of a valid program is a syntax error', (_, programs) => {
  const cases = programs().flatMap(({ name, text, cells = [text] }) =>
    cells.flatMap((text) => [1, 2, 3].map((seed) => ({ name, text, chunks: chunksOf(text, seed) }))),
  );
  const input = JSON.stringify(cases.map(({ text, chunks }) => [text, chunks]));
  const verdicts: [boolean, string[]][] = JSON.parse(
    execFileSync(python, ['-c', JUDGE], { input, encoding: 'utf8', maxBuffer: 64 * 2 ** 20 }),
  );
  const alarms = verdicts.flatMap(([isValid, invalid], index) =>
    isValid && invalid.length > 0 ? [`${cases[index]?.name}: ${invalid.join('\n')}`] : [],
  );
  expect(alarms).toEqual([]);
  expect(verdicts.filter(([isValid]) => isValid).length).toBeGreaterThanOrEqual(cases.length / 2);
});

function chunksOf(text: string, seed: number): string[] {
  const segmenter = new Segmenter();
  const pieces = [...randomPieces(text, seed)];
  return [...pieces.flatMap((piece) => segmenter.feed(piece, 0)), ...segmenter.end(0)].map(
    ({ code }) => code,
  );
}
