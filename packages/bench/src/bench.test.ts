import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FILES, measurePlan } from './bench.js';
import type { Plan } from './plan.js';
import { parseResults } from './results.js';

const python = process.env.EAGER_PYTHON ?? 'python3';

const PLAN: Plan = {
  ...{ extent: 'quick', seed: 1, digest: 'of the test' },
  rounds: [
    {
      key: 'functions/sum@fast@embedded',
      program: {
        set: 'functions',
        name: 'sum',
        text: 'x = [1, 2, 3]\nprint(sum(x))\nprint("done")\n',
        files: [],
      },
      pace: { name: 'fast', label: 'fast', ttftMs: 50, tokensPerSecond: 200, jitter: 0.5, tokensPerChunk: 2 },
      environment: 'embedded',
      contenders: ['serial', 'eager'],
      seed: 1,
    },
  ],
};

test('a small series: measured, kept, written down, and not measured twice', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'eager-bench-test-'));
  try {
    const lines: string[] = [];
    const options = { python, folder, onProgress: (line: string) => lines.push(line) };
    const results = await measurePlan(PLAN, options, async () => []);
    const [round] = results.rounds;
    expect(round?.runs.map(({ contender, status, equality }) => [contender, status, equality])).toEqual([
      ['serial', 'ok', 'cell'],
      ['eager', 'ok', 'cell'],
    ]);
    const [serial, eager] = round?.runs ?? [];
    expect(serial?.batches).toBe(1);
    expect(eager?.statements).toBe(3);
    // Whatever they took: the parts make up the whole, and no run ends before its bound.
    for (const run of round?.runs ?? []) {
      expect(run.generationMs + run.nonOverlappedMs).toBeCloseTo(run.endToEndMs, 6);
      expect(run.generationMs).toBeGreaterThanOrEqual(50);
    }
    expect(eager?.ratioToBound).toBeGreaterThanOrEqual(1);
    expect(parseResults(readFileSync(join(folder, FILES.results), 'utf8')).rounds).toHaveLength(1);
    expect(readFileSync(join(folder, FILES.report), 'utf8')).toContain('<!doctype html>');

    lines.length = 0;
    const again = await measurePlan(PLAN, options, async () => []);
    expect(lines).toEqual(['1 of 1 rounds are there already']);
    expect(again.rounds).toHaveLength(1);
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 60_000);

test('an aborted series says why, and measures nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'eager-bench-test-'));
  try {
    const options = { python, folder, onProgress: () => {}, signal: AbortSignal.abort(new Error('stopped')) };
    await expect(measurePlan(PLAN, options, async () => [])).rejects.toThrow('stopped');
    expect(readFileSync(join(folder, FILES.rounds), 'utf8').trimEnd().split('\n')).toHaveLength(1);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
