/**
 * Our programs for questions about tables whose right answers are known: each prints the right one, and an eager run of it
 * gives what a plain cell gives. Tables and questions are not part of the project; without them there is nothing to test.
 */

import { execFileSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { python } from '../python.js';
import { equalsSerial } from './compare.js';
import { type AnalysisProgram, analyses, runnable, sample } from './corpora.js';

const programs = runnable(analyses());

describe.skipIf(programs.length === 0)('the programs print the right answers', () => {
  const outputs = programs.length === 0 ? {} : run(programs);

  test.each(programs.map((program) => [program.name, program] as const))('%s', (_, { path, answers }) => {
    const output = outputs[path] ?? '';
    const printed = [...output.matchAll(/@(\w+)\[((?:[^[\]]|\[[^\]]*\])*)\]/g)];
    for (const [name, value] of answers) {
      const found = printed.filter((match) => match[1] === name).map((match) => canonical(match[2] ?? ''));
      expect(found, output).toContainEqual(canonical(value));
    }
  });
});

equalsSerial('analysis', sample(programs, 18));

/** All of them in one process of Python, which imports the libraries once. */
function run(programs: readonly AnalysisProgram[]): Record<string, string> {
  const [table = ''] = programs.flatMap(({ files }) => files);
  const runner = fileURLToPath(new URL('run_answers.py', import.meta.url));
  const args = ['-W', 'ignore', runner, dirname(table), ...programs.map(({ path }) => path)];
  return JSON.parse(execFileSync(python, args, { encoding: 'utf8', maxBuffer: 64 * 2 ** 20 }));
}

/** `1.0` is the same answer as `1.00`. */
function canonical(value: string): string | number {
  const number = Number(value);
  return value.trim() === '' || Number.isNaN(number) ? value.trim() : number;
}
