import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RoundResult } from './measure.js';
import { Record, type RunHeader } from './record.js';

const header: RunHeader = {
  ...{ extent: 'quick', seed: 1, digest: 'abc' },
  machine: { cpu: 'a CPU', cores: 2, memoryGiB: 8, system: 'a system' },
  versions: { node: '20.20.2', Python: '3.11.7' },
};

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'eager-record-'));
  path = join(folder, 'new', 'rounds.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('what has been measured is there when the series goes on', () => {
  const first = Record.open(path, header);
  first.add(round('a'));
  first.add(round('b'));
  const next = Record.open(path, header);
  expect(next.results).toEqual([round('a'), round('b')]);
  expect([next.has('a'), next.has('c')]).toEqual([true, false]);
});

test('a round that was cut off while it was written is measured again, and what follows it is whole', () => {
  Record.open(path, header).add(round('a'));
  appendFileSync(path, '{"key":"b","runs":[{"con');
  const next = Record.open(path, header);
  expect(next.results).toEqual([round('a')]);
  next.add(round('b'));
  expect(Record.open(path, header).results).toEqual([round('a'), round('b')]);
});

test.each<[string, Partial<RunHeader>]>([
  ['plan', { digest: 'another' }],
  ['machine', { machine: { ...header.machine, cores: 64 } }],
  ['version', { versions: { ...header.versions, Python: '3.13.0' } }],
])('results of another %s do not count, and are kept', (_, change) => {
  Record.open(path, header).add(round('a'));
  const before = readFileSync(path, 'utf8');
  expect(Record.open(path, { ...header, ...change }).results).toEqual([]);
  expect(readFileSync(`${path}.previous`, 'utf8')).toBe(before);
});

test('a new series leaves nothing behind but its file', () => {
  Record.open(path, header);
  expect(existsSync(`${path}.previous`)).toBe(false);
});

function round(key: string): RoundResult {
  return {
    ...{ key, workload: 'plots', program: key, pace: '100', environment: 'embedded' },
    ...{ tokens: 12, lowerMs: 1234.5, runs: [] },
  };
}
