import type { Chunk } from '@eager/detection';
import type { Batch } from '@eager/execution';
import { Tree } from '@lezer/common';
import type { RunEvent, RunStatus } from './events.js';

/** A statement of a simulated program. Its last token arrives at `arrivedAtMs`, the next one closes it. */
export interface SimulatedStatement {
  readonly code: string;
  readonly arrivedAtMs: number;
  readonly closedAtMs: number;
  readonly durationMs: number;
  readonly raises?: { readonly ename: string; readonly evalue: string };
}

export interface SimulatedRun {
  readonly statements: readonly SimulatedStatement[];
  readonly tokenTimesMs: readonly number[];
  /** S of each batch; half of it passes before the first statement starts. */
  readonly overheadMs: number;
  /** When the kernel begins to take statements: 0 for an eager run, the last token for a serial one. */
  readonly kernelFromMs?: number;
  /** The kernel gets the whole program as one chunk when its last statement is complete. */
  readonly asOnePiece?: boolean;
  /** How long the end of the cell takes, once all statements have run and the program has ended. */
  readonly closingMs?: number;
}

/** The events of a run on an ideal kernel with dynamic batching, in order, `end` included. */
export function simulateRun(run: SimulatedRun): RunEvent[] {
  const { statements, tokenTimesMs, overheadMs, kernelFromMs = 0, asOnePiece = false, closingMs } = run;
  const events: RunEvent[] = tokenTimesMs.map((atMs) => ({
    type: 'token',
    atMs,
    token: { text: 'x', atMs },
  }));
  const chunks = chunksOf(statements);
  for (const chunk of chunks) events.push({ type: 'chunk', atMs: chunk.atMs, chunk });

  const pieces = asOnePiece ? [wholeOf(chunks)] : chunks;
  const durationsMs = asOnePiece ? [sum(statements)] : statements.map(({ durationMs }) => durationMs);

  let freeAtMs = kernelFromMs;
  let executionMs = 0;
  let batches = 0;
  let status: RunStatus = 'ok';
  let next = 0;
  while (next < pieces.length && status === 'ok') {
    const sentAtMs = Math.max(freeAtMs, pieces[next]?.atMs ?? 0);
    const pending = pieces.filter((chunk) => chunk.id >= next && chunk.atMs <= sentAtMs);
    const batch: Batch = { id: batches++, chunks: pending, atMs: sentAtMs };
    next += pending.length;
    events.push({ type: 'batch', atMs: sentAtMs, batch });
    let atMs = sentAtMs + overheadMs / 2;
    for (const chunk of pending) {
      const durationMs = durationsMs[chunk.id] ?? 0;
      const raises = statements[chunk.id]?.raises;
      events.push({ type: 'started', atMs, batch, chunk });
      atMs += durationMs;
      executionMs += durationMs;
      // The report of the last one is what ends the batch, so it carries the rest of the overhead.
      const isLast = chunk === pending.at(-1);
      const reportedAtMs = isLast ? atMs + overheadMs / 2 : atMs;
      const finished = { type: 'finished', atMs: reportedAtMs, batch, chunk, durationMs, heldMs: 0 } as const;
      if (raises === undefined) {
        events.push({ ...finished, status: 'ok' });
        continue;
      }
      const error = { ...raises, traceback: [] };
      events.push({ ...finished, status: 'error', error });
      events.push({ type: 'error', atMs: reportedAtMs, ...error, chunk, alreadyRan: chunk.id });
      status = 'error';
      break;
    }
    freeAtMs = atMs + overheadMs / 2;
  }

  const generationMs = tokenTimesMs.at(-1) ?? 0;
  if (closingMs !== undefined && status === 'ok') {
    freeAtMs = Math.max(freeAtMs, generationMs) + closingMs;
    events.push({ type: 'closed', atMs: freeAtMs, durationMs: closingMs, error: null });
  }
  const endToEndMs = Math.max(generationMs, next > 0 || closingMs !== undefined ? freeAtMs : 0);
  const nonOverlappedMs = endToEndMs - generationMs;
  events.sort((a, b) => a.atMs - b.atMs);
  const summary = { status, generationMs, executionMs, nonOverlappedMs, endToEndMs };
  events.push({ type: 'end', atMs: endToEndMs, ...summary, statements: chunks.length, batches });
  return events;
}

function chunksOf(statements: readonly SimulatedStatement[]): Chunk[] {
  let from = 0;
  let line = 1;
  return statements.map(({ code, arrivedAtMs, closedAtMs }, id) => {
    const place = { from, to: from + code.length, line };
    from = place.to;
    line += code.split('\n').length - 1;
    const fixed = { leading: '', kind: 'simple', closedBy: 'newline', tree: Tree.empty } as const;
    return { id, code, ...place, ...fixed, arrivedAtMs, atMs: closedAtMs };
  });
}

function wholeOf(chunks: readonly Chunk[]): Chunk {
  const code = chunks.map((chunk) => chunk.code).join('');
  const { arrivedAtMs = 0, atMs = 0 } = chunks.at(-1) ?? {};
  const fixed = { leading: '', kind: 'compound', closedBy: 'end', tree: Tree.empty } as const;
  return { id: 0, code, from: 0, to: code.length, line: 1, ...fixed, arrivedAtMs, atMs };
}

function sum(statements: readonly SimulatedStatement[]): number {
  return statements.reduce((total, { durationMs }) => total + durationMs, 0);
}
