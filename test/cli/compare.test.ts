import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { jsonLines, nothing, Playground } from './eager.js';
import { type EndLine, expectRunLines } from './events.js';
import { expectXml } from './notebook.js';

const END_FIELDS = [
  ...['status', 'generationMs', 'executionMs', 'nonOverlappedMs', 'endToEndMs', 'statements', 'batches'],
];

interface Comparison {
  readonly serial: EndLine;
  readonly eager: EndLine;
  readonly equal: boolean;
  readonly differences: readonly string[];
  readonly bounds: { readonly generationMs: number; readonly executionMs: number; readonly lowerMs: number };
  readonly predictedMs: number;
  readonly regime: string;
}

/** Checks the last line of `compare --json`, and those before it as two runs. */
function comparisonOf(stdout: string): Comparison {
  const lines = jsonLines(stdout);
  const { v, type, ...comparison } = lines.pop() ?? {};
  expect({ v, type }).toEqual({ v: 1, type: 'comparison' });
  expect(Object.keys(comparison)).toEqual([
    ...['serial', 'eager', 'equal', 'differences', 'bounds', 'predictedMs', 'regime'],
  ]);
  const result = comparison as unknown as Comparison;
  const { serial, eager, bounds, predictedMs, regime } = result;
  expect(Object.keys(serial)).toEqual(END_FIELDS);
  expect(Object.keys(eager)).toEqual(END_FIELDS);
  expect(Object.keys(bounds)).toEqual(['generationMs', 'executionMs', 'lowerMs']);

  const [first, second] = ['serial', 'eager'].map((mode) =>
    lines.filter(({ run }) => run === mode).map(({ run: _, ...line }) => line),
  );
  expect((first?.length ?? 0) + (second?.length ?? 0)).toBe(lines.length);
  expect(first?.at(-1)).toMatchObject(serial);
  expect(expectRunLines(second ?? []).at(-1)).toMatchObject(eager);

  expect(bounds.generationMs).toBe(eager.generationMs);
  expect(bounds.executionMs).toBeGreaterThanOrEqual(eager.executionMs - 0.01);
  expect(bounds.lowerMs).toBeGreaterThanOrEqual(bounds.generationMs);
  expect(bounds.lowerMs).toBeGreaterThanOrEqual(bounds.executionMs);
  expect(bounds.lowerMs).toBeLessThanOrEqual(bounds.generationMs + bounds.executionMs + 0.01);
  expect(predictedMs).toBeGreaterThanOrEqual(bounds.generationMs);
  expect(regime).toBe(regimeOf(bounds.generationMs / bounds.executionMs));
  return result;
}

/** One time dominates the other when it is more than twice as long. */
function regimeOf(ratio: number): string {
  return ratio > 2 ? 'generation-dominated' : ratio < 0.5 ? 'execution-dominated' : 'balanced';
}

describe('compare --json', () => {
  test.each([
    ['that is mostly writing', 60, 'x = 1\n'.repeat(12), 'ok'],
    ['that is mostly running', 200, `import time\n${'time.sleep(0.4)\n'.repeat(5)}print("done")\n`, 'ok'],
    ['that raises', 60, `${'x = 1\n'.repeat(12)}print("é")\nraise ValueError("no")\n`, 'error'],
  ])('of a program %s', async (_, rate, source, status) => {
    const playground = new Playground({ 'p.py': source });
    const run = await playground.run([
      ...['compare', 'p.py', '--json', '--rate', `${rate}`, '--timeline', 't.svg'],
    ]);
    expect({ code: run.code, stderr: run.stderr }).toEqual({ code: 0, stderr: '' });
    const { serial, eager, ...comparison } = comparisonOf(run.stdout);
    expect(comparison).toMatchObject({ equal: true, differences: [] });
    expect([serial.status, eager.status]).toEqual([status, status]);
    expect(serial.batches).toBe(1);
    expect(serial.statements).toBe(eager.statements);
    expectXml(readFileSync(playground.path('t.svg'), 'utf8'));
    expect(playground.leftovers()).toEqual(nothing);
  });

  test('of a program that is not the same twice', async () => {
    const source = 'import os\nprint(1)\nprint(os.getpid())\n';
    const { code, stdout } = await new Playground({ 'p.py': source }).run([
      ...['compare', 'p.py', '--json', '--rate', '200'],
    ]);
    expect(code).toBe(1);
    const { equal, differences } = comparisonOf(stdout);
    expect(equal).toBe(false);
    expect(differences).toEqual([expect.stringMatching(/^stdout: serial .*eager /)]);
  });
});

test('compare without --json prints the comparison, and the runs as progress', async () => {
  const source = 'print("out")\nx = {"a", "b", "c"}\nx\n';
  const run = await new Playground({ 'p.py': source }).run(['compare', 'p.py', '--rate', '200']);
  expect(run.code).toBe(0);
  expect(run.stdout).toContain('outputs equal');
  expect(run.stdout).not.toContain('out\n');
  expect(run.stderr).toContain('out\n');
  expect(run.stdout + run.stderr).not.toContain('\x1b');
});
