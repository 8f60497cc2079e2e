import { expect } from 'vitest';
import { expectValidOutput } from './notebook.js';

/** A line of `eager run --json`. */
export type Line = Readonly<Record<string, unknown>> & { readonly type: string; readonly at: number };

export interface EndLine {
  readonly status: string;
  readonly generationMs: number;
  readonly executionMs: number;
  readonly nonOverlappedMs: number;
  readonly endToEndMs: number;
  readonly statements: number;
  readonly batches: number;
}

const END_FIELDS = [
  ...['status', 'generationMs', 'executionMs', 'nonOverlappedMs', 'endToEndMs', 'statements', 'batches'],
];

/** The fields of a line by its type, besides `v`, `at` and `type`. There are no other types. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  token: ['text'],
  chunk: ['id', 'from', 'to', 'line', 'kind', 'closedBy'],
  batch: ['id', 'chunks'],
  started: ['chunk', 'batch'],
  output: ['chunk', 'output'],
  finished: ['chunk', 'status', 'durationMs'],
  error: ['ename', 'evalue', 'traceback', 'chunk', 'line', 'alreadyRan'],
  end: END_FIELDS,
};
const VERDICT_FIELDS = { run: ['chunk', 'kind'], held: ['chunk', 'kind', 'effect', 'reason'] };

/** What holds for the lines of every run, however it ended. Gives them back with their type. */
export function expectRunLines(lines: readonly Record<string, unknown>[]): Line[] {
  const run = lines as Line[];
  let atMs = 0;
  for (const [index, line] of run.entries()) {
    const { v, seq, at, type, ...fields } = line;
    expect(v).toBe(1);
    expect(seq).toBe(index);
    expect(at, `the time of ${JSON.stringify(line)}`).toBeGreaterThanOrEqual(atMs);
    atMs = at;
    const expected =
      type === 'verdict' ? VERDICT_FIELDS[fields.kind === 'run' ? 'run' : 'held'] : FIELDS[type];
    const { displayId: _, ...required } = fields;
    expect(Object.keys(required), type).toEqual(expected);
    if (type === 'output') expectValidOutput(fields.output as object);
  }
  expectChunksInOrder(run);
  expectSums(run);
  return run;
}

export function endOf(lines: readonly Line[]): EndLine {
  const last = lines.at(-1);
  expect(last?.type).toBe('end');
  return last as unknown as EndLine;
}

/** Ids of chunks count up; what happens to each is announced before it happens, and ends once. */
function expectChunksInOrder(lines: readonly Line[]): void {
  const chunks = ofType(lines, 'chunk');
  expect(chunks.map(({ id }) => id)).toEqual(chunks.map((_, index) => index));
  const sent = ofType(lines, 'batch').flatMap((batch) => batch.chunks);
  for (const { id } of chunks) {
    const steps = lines.filter(({ type, chunk, chunks, ...line }) => {
      if (type === 'chunk') return line.id === id;
      return type === 'batch' ? (chunks as unknown[]).includes(id) : type !== 'error' && chunk === id;
    });
    const names = steps.map(({ type }) => (type === 'output' ? 'output' : type)).join(' ');
    // The gate also judges what runs. What threads print late, and what the end of the program shows, follows the end of a statement.
    expect(names).toMatch(/^chunk( verdict)*( batch( started( verdict| output)*( finished( output)*)?)?)?$/);
  }
  expect(sent).toEqual(sent.map((_, index) => index));
}

function expectSums(lines: readonly Line[]): void {
  const ends = ofType(lines, 'end');
  expect(ends).toHaveLength(1);
  const end = endOf(lines);
  const sumMs = ofType(lines, 'finished').reduce((sum, line) => sum + Number(line.durationMs), 0);
  expect(end.executionMs).toBeCloseTo(sumMs, 2);
  expect(end.endToEndMs).toBeCloseTo(end.generationMs + end.nonOverlappedMs, 2);
  const lastTokenMs = ofType(lines, 'token').at(-1)?.at ?? 0;
  if (end.status === 'ok') expect(end.generationMs).toBeGreaterThanOrEqual(lastTokenMs);
  expect(end.statements).toBe(ofType(lines, 'chunk').length);
  expect(end.batches).toBe(ofType(lines, 'batch').length);
  for (const value of Object.values(end).filter((value) => typeof value === 'number')) {
    expect(value).toBeGreaterThanOrEqual(0);
  }
}

export function ofType(lines: readonly Line[], type: string): Line[] {
  return lines.filter((line) => line.type === type);
}
