import { batchedFinishTimes, endToEndMs } from '@eager/latency';
import fc from 'fast-check';
import { from, lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { RunEvent, RunSummary } from './events.js';
import { type SimulatedRun, type SimulatedStatement, simulateRun } from './simulated-run.fixture.js';
import { Timeline, timeline } from './timeline.js';

const fold = (events: Iterable<RunEvent>): Timeline =>
  [...events].reduce((t, event) => t.add(event), Timeline.empty);

const statement = (code: string, arrivedAtMs: number, durationMs: number): SimulatedStatement => ({
  code,
  arrivedAtMs,
  closedAtMs: arrivedAtMs + 10,
  durationMs,
});

/** The second statement waits for the first; the third finds the kernel free. */
const run: SimulatedRun = {
  tokenTimesMs: [100, 190, 200, 210, 300, 310, 900, 910],
  overheadMs: 4,
  statements: [
    statement('import numpy as np\n', 190, 200),
    statement('for x in y:\n  f(x)\n', 300, 50),
    statement('print(x)\n', 900, 30),
  ],
};

describe('Timeline', () => {
  it('tells when tokens came, and when each statement was there, was known and ran', () => {
    const { ttftMs, lastTokenMs, tokenTimesMs, statements } = fold(simulateRun(run));
    expect([...tokenTimesMs]).toEqual(run.tokenTimesMs);
    expect({ ttftMs, lastTokenMs }).toEqual({ ttftMs: 100, lastTokenMs: 910 });
    expect(statements).toEqual([
      {
        ...{ chunkId: 0, line: 1, lastLine: 1, source: 'import numpy as np', status: 'done', batchId: 0 },
        ...{ arrivedAtMs: 190, closedAtMs: 200, startedAtMs: 204, finishedAtMs: 404, durationMs: 200 },
      },
      {
        ...{ chunkId: 1, line: 2, lastLine: 3, source: 'for x in y:', status: 'done', batchId: 1 },
        ...{ arrivedAtMs: 300, closedAtMs: 310, startedAtMs: 408, finishedAtMs: 458, durationMs: 50 },
      },
      {
        ...{ chunkId: 2, line: 4, lastLine: 4, source: 'print(x)', status: 'done', batchId: 2 },
        ...{ arrivedAtMs: 900, closedAtMs: 910, startedAtMs: 914, finishedAtMs: 944, durationMs: 30 },
      },
    ]);
  });

  it('measures the overhead of each batch as its round trip less the time that its statements ran', () => {
    expect(fold(simulateRun(run)).batches).toEqual([
      { id: 0, chunks: 1, sentAtMs: 200, finishedAtMs: 404, overheadMs: 4 },
      { id: 1, chunks: 1, sentAtMs: 404, finishedAtMs: 458, overheadMs: 4 },
      { id: 2, chunks: 1, sentAtMs: 910, finishedAtMs: 944, overheadMs: 4 },
    ]);
  });

  it('knows the bounds, the prediction and the distance to the lower bound', () => {
    const result = fold(simulateRun(run));
    expect(result.bounds).toEqual({ generationMs: 910, executionMs: 280, lowerMs: 930 });
    expect(result.overheadMs).toBe(4);
    expect(result.predictedMs).toBe(944);
    expect(result.endToEndMs).toBe(944);
    expect(result.distance).toEqual({ excessMs: 14, ratio: 944 / 930 });
    expect(result.regime).toBe('generation-dominated');
  });

  it('does not mind a report that overtakes another', () => {
    const events = simulateRun(run);
    const finished = events.filter(({ type }) => type === 'finished');
    const swapped = events.map((event) => (event.type === 'finished' ? (finished.pop() ?? event) : event));
    expect(fold(swapped).statements).toEqual(fold(events).statements);
  });

  it('counts the end of the cell as work that the end of the program releases', () => {
    const result = fold(simulateRun({ ...run, closingMs: 100 }));
    expect(result.closing).toEqual({ startedAtMs: 944, finishedAtMs: 1044, durationMs: 100 });
    expect(result.bounds).toEqual({ generationMs: 910, executionMs: 380, lowerMs: 1030 });
    expect(result.predictedMs).toBe(1044);
  });

  it('tells of a program that ran as one piece what can be known of its statements', () => {
    const result = fold(simulateRun({ ...run, asOnePiece: true }));
    const times = { status: 'done', batchId: 0, startedAtMs: 914, finishedAtMs: 1194, durationMs: undefined };
    expect(result.statements).toMatchObject([
      { chunkId: 0, arrivedAtMs: 190, ...times },
      { chunkId: 1, arrivedAtMs: 300, ...times },
      { chunkId: 2, arrivedAtMs: 900, ...times },
    ]);
    expect(result.batches).toEqual([{ id: 0, chunks: 1, sentAtMs: 910, finishedAtMs: 1194, overheadMs: 4 }]);
    expect(result.bounds).toEqual({ generationMs: 910, executionMs: 280, lowerMs: 910 });
    expect(result.predictedMs).toBe(1194);
  });

  it('does not know which statement of one piece raised', () => {
    const [first, ...others] = run.statements;
    const statements = first
      ? [{ ...first, raises: { ename: 'ValueError', evalue: 'no' } }, ...others]
      : others;
    const result = fold(simulateRun({ ...run, statements, asOnePiece: true }));
    expect(result.failure?.chunkId).toBeUndefined();
    expect(result.statements.map(({ status }) => status)).toEqual(['failed', 'failed', 'failed']);
  });

  it('shows a statement that called exit() as done, because the run did not fail', () => {
    const [first] = run.statements;
    const statements = first ? [{ ...first, raises: { ename: 'SystemExit', evalue: '0' } }] : [];
    const events = simulateRun({ ...run, statements }).filter(({ type }) => type !== 'error');
    expect(fold(events).statements.map(({ status }) => status)).toEqual(['done']);
  });

  it('does not hold the end of a cell that failed until generation is over', () => {
    const raises = { ename: 'ValueError', evalue: 'no' };
    const [first, second] = run.statements;
    const statements = [first, second && { ...second, raises }].filter((s) => s !== undefined);
    const events = simulateRun({ ...run, statements });
    const closed: RunEvent = { type: 'closed', atMs: 470, durationMs: 10, error: null };
    const result = [...events.slice(0, -1), closed, ...events.slice(-1)].reduce(
      (t, e) => t.add(e),
      Timeline.empty,
    );
    expect(result.bounds).toEqual({ generationMs: 910, executionMs: 260, lowerMs: 910 });
  });

  it('shows a statement as waiting, then running, then done', () => {
    const events = simulateRun(run);
    const statuses = (upToMs: number) =>
      fold(events.filter(({ atMs }) => atMs <= upToMs)).statements.map(({ status }) => status);
    expect(statuses(199)).toEqual([]);
    expect(statuses(201)).toEqual(['waiting']);
    expect(statuses(350)).toEqual(['running', 'waiting']);
    expect(statuses(405)).toEqual(['done', 'waiting']);
    expect(statuses(2000)).toEqual(['done', 'done', 'done']);
  });

  it('shows a statement that raised as failed and those after it as skipped', () => {
    const raises = { ename: 'ValueError', evalue: 'no' };
    const [first, second, third] = run.statements;
    const statements = [first, second && { ...second, raises }, third].filter((s) => s !== undefined);
    const result = fold(simulateRun({ ...run, statements }));
    expect(result.statements.map(({ status }) => status)).toEqual(['done', 'failed', 'skipped']);
    expect(result.failure).toEqual({ chunkId: 1, ...raises });
    expect(result.summary?.status).toBe('error');
  });

  it('shows a statement that was running when the run was interrupted as failed', () => {
    const events = simulateRun(run).filter(({ atMs }) => atMs <= 350);
    const summary: RunSummary = {
      ...{ status: 'interrupted', generationMs: 310, executionMs: 0, nonOverlappedMs: 40, endToEndMs: 350 },
      ...{ statements: 2, batches: 1 },
    };
    const result = fold([...events, { type: 'end', atMs: 350, ...summary }]);
    expect(result.statements.map(({ status }) => status)).toEqual(['failed', 'skipped']);
    expect(result.statements[0]?.finishedAtMs).toBeUndefined();
  });

  it('takes the median overhead, so that one slow batch does not move the prediction', () => {
    const events = simulateRun(run);
    const late = events.map((event) => {
      if (event.type === 'end') return { ...event, atMs: 3000, endToEndMs: 3000 };
      return event.type === 'finished' && event.chunk.id === 2 ? { ...event, atMs: 3000 } : event;
    });
    expect(fold(late).overheadMs).toBe(4);
  });

  it('keeps no syntax tree and no text beyond the first line', () => {
    expect(JSON.stringify(fold(simulateRun(run)))).not.toContain('f(x)');
  });

  it('never changes: each prefix of a run keeps its own timeline', () => {
    const events = simulateRun(run);
    const seen = events.map((_, index) => fold(events.slice(0, index + 1)));
    const kept = [Timeline.empty];
    for (const event of events) kept.push((kept.at(-1) ?? Timeline.empty).add(event));
    const scanned = kept.slice(1);
    expect(scanned.map((t) => JSON.stringify(t))).toEqual(seen.map((t) => JSON.stringify(t)));
    expect(JSON.stringify(Timeline.empty)).toBe(JSON.stringify(fold([])));
  });
});

/** Runs with whole times, so that sums are exact. */
const runs: fc.Arbitrary<SimulatedRun> = fc
  .record({
    gaps: fc.array(fc.record({ gapMs: fc.nat(500), durationMs: fc.nat(800) }), { maxLength: 20 }),
    ttftMs: fc.nat(1000),
    halfOverheadMs: fc.nat(10),
    isSerial: fc.boolean(),
    asOnePiece: fc.boolean(),
    closingMs: fc.option(fc.nat(300), { nil: undefined }),
  })
  .map(({ gaps, ttftMs, halfOverheadMs, isSerial, asOnePiece, closingMs }) => {
    const tokenTimesMs = [ttftMs];
    const statements = gaps.map(({ gapMs, durationMs }) => {
      const arrivedAtMs = (tokenTimesMs.at(-1) ?? 0) + gapMs;
      tokenTimesMs.push(arrivedAtMs, arrivedAtMs + 1);
      return { code: 'x\n', arrivedAtMs, closedAtMs: arrivedAtMs + 1, durationMs };
    });
    const kernelFromMs = isSerial ? (tokenTimesMs.at(-1) ?? 0) : 0;
    const base = { statements, tokenTimesMs, overheadMs: 2 * halfOverheadMs, kernelFromMs, asOnePiece };
    return closingMs === undefined ? base : { ...base, closingMs };
  });

describe('Timeline of any run', () => {
  it('is never below its lower bound', () => {
    fc.assert(
      fc.property(runs, (simulated) => {
        expect(fold(simulateRun(simulated)).distance.excessMs).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('recovers the overhead, and predicts an ideal eager run exactly', () => {
    fc.assert(
      fc.property(
        runs.filter(({ statements, closingMs }) => statements.length > 0 && closingMs === undefined),
        (simulated) => {
          const eager = { ...simulated, kernelFromMs: 0, asOnePiece: false };
          const result = fold(simulateRun(eager));
          const jobs = eager.statements.map((s) => ({
            releasedAtMs: s.closedAtMs,
            durationMs: s.durationMs,
          }));
          expect(result.overheadMs).toBe(eager.overheadMs);
          expect(result.predictedMs).toBe(result.endToEndMs);
          expect(result.predictedMs).toBe(
            endToEndMs(batchedFinishTimes(jobs, eager.overheadMs), result.bounds.generationMs),
          );
        },
      ),
    );
  });

  it('holds finite numbers only, wherever the run breaks off', () => {
    const numbers = (value: unknown): number[] => {
      if (typeof value === 'number') return [value];
      return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbers) : [];
    };
    const brokenOff = runs.chain((simulated) => {
      const events = simulateRun(simulated);
      return fc.nat(events.length).map((length) => events.slice(0, length));
    });
    fc.assert(
      fc.property(brokenOff, (events) => {
        const report = { ...fold(events).toJSON() };
        expect(numbers(report).filter((value) => !Number.isFinite(value))).toEqual([]);
      }),
    );
  });
});

describe('timeline', () => {
  it('emits the timeline after each event', async () => {
    const events = simulateRun(run);
    const all = await lastValueFrom(from(events).pipe(timeline(), toArray()));
    expect(all.length).toBe(events.length);
    expect(JSON.stringify(all.at(-1))).toBe(JSON.stringify(fold(events)));
  });

  it('starts afresh for each subscriber', async () => {
    const timeline$ = from(simulateRun(run)).pipe(timeline());
    const [first, second] = [await lastValueFrom(timeline$), await lastValueFrom(timeline$)];
    expect(JSON.stringify(second)).toBe(JSON.stringify(first));
  });
});
