import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  batchedFinishTimes,
  DOMINANCE_FACTOR,
  endToEndMs,
  finishTimes,
  type Job,
  lowerBoundMs,
  regime,
  serialMs,
} from './index.js';

// Whole milliseconds, so that sums are exact and the properties need no tolerance.
const ms = fc.nat(1000);
const job: fc.Arbitrary<Job> = fc.record({ releasedAtMs: ms, durationMs: ms });
const jobs = fc.array(job, { maxLength: 30 });

const at = (...pairs: [releasedAtMs: number, durationMs: number][]): Job[] =>
  pairs.map(([releasedAtMs, durationMs]) => ({ releasedAtMs, durationMs }));
const executionMs = (all: readonly Job[]) => all.reduce((sum, { durationMs }) => sum + durationMs, 0);

describe('finishTimes', () => {
  it.each([
    { name: 'nothing', jobs: at(), S: 5, ends: [] },
    { name: 'a kernel that waits for each statement', jobs: at([10, 1], [20, 1]), S: 2, ends: [13, 23] },
    { name: 'a statement that waits for the kernel', jobs: at([10, 50], [20, 1]), S: 2, ends: [62, 65] },
  ])('of $name', ({ jobs, S, ends }) => {
    expect(finishTimes(jobs, S)).toEqual(ends);
  });
});

describe('batchedFinishTimes', () => {
  it.each([
    { name: 'nothing', jobs: at(), S: 5, ends: [] },
    { name: 'statements that never meet', jobs: at([10, 1], [20, 1]), S: 2, ends: [13, 23] },
    {
      name: 'two that pile up behind a long one',
      jobs: at([0, 50], [10, 1], [20, 3]),
      S: 2,
      ends: [52, 55, 58],
    },
    {
      name: 'one that arrives just as the kernel gets free',
      jobs: at([0, 8], [5, 1], [10, 1]),
      S: 2,
      ends: [10, 13, 14],
    },
    { name: 'one that arrives just too late', jobs: at([0, 8], [5, 1], [11, 1]), S: 2, ends: [10, 13, 16] },
  ])('of $name', ({ jobs, S, ends }) => {
    expect(batchedFinishTimes(jobs, S)).toEqual(ends);
  });

  it('equals finishTimes when batches cost nothing', () => {
    fc.assert(
      fc.property(jobs, (all) => {
        expect(batchedFinishTimes(all, 0)).toEqual(finishTimes(all, 0));
      }),
    );
  });

  it('finishes no job later than a batch for each job would', () => {
    fc.assert(
      fc.property(jobs, ms, (all, S) => {
        const alone = finishTimes(all, S);
        batchedFinishTimes(all, S).forEach((end, i) => {
          expect(end).toBeLessThanOrEqual(alone[i] ?? Number.NaN);
        });
      }),
    );
  });

  it('pays exactly one overhead for a program that is complete before the kernel starts', () => {
    fc.assert(
      fc.property(fc.array(ms, { minLength: 1 }), ms, (durations, S) => {
        const all = durations.map((durationMs) => ({ releasedAtMs: 0, durationMs }));
        expect(batchedFinishTimes(all, S).at(-1)).toBe(S + executionMs(all));
      }),
    );
  });

  it('can end earlier when a statement arrives later, because that spares a batch', () => {
    const S = 100;
    expect(batchedFinishTimes(at([0, 1], [1, 1]), S).at(-1)).toBe(202);
    expect(batchedFinishTimes(at([1, 1], [1, 1]), S).at(-1)).toBe(103);
  });
});

describe('lowerBoundMs', () => {
  const program = fc.record({ jobs, generationMs: ms });

  it('equals the recurrence without overhead', () => {
    fc.assert(
      fc.property(program, ({ jobs, generationMs }) => {
        expect(lowerBoundMs(jobs, generationMs)).toBe(endToEndMs(finishTimes(jobs, 0), generationMs));
      }),
    );
  });

  it('is at least the generation time, and the execution time after the first arrival', () => {
    fc.assert(
      fc.property(program, ({ jobs, generationMs }) => {
        const bound = lowerBoundMs(jobs, generationMs);
        expect(bound).toBeGreaterThanOrEqual(generationMs);
        expect(bound).toBeGreaterThanOrEqual((jobs[0]?.releasedAtMs ?? 0) + executionMs(jobs));
      }),
    );
  });

  it('is not undercut by any in-order schedule, however it delays and batches', () => {
    // Each job starts some time after it and the kernel are ready: that is every in-order schedule there is.
    const delayed = fc.array(fc.record({ job, delayMs: ms }), { maxLength: 30 });
    fc.assert(
      fc.property(delayed, ms, (all, generationMs) => {
        let freeAtMs = 0;
        for (const { job, delayMs } of all) {
          freeAtMs = Math.max(freeAtMs, job.releasedAtMs) + delayMs + job.durationMs;
        }
        const bound = lowerBoundMs(
          all.map(({ job }) => job),
          generationMs,
        );
        expect(bound).toBeLessThanOrEqual(Math.max(generationMs, freeAtMs));
      }),
    );
  });

  it('is not undercut by the recurrences nor, once all jobs are released, by a serial run', () => {
    fc.assert(
      fc.property(jobs, ms, ms, (all, tailMs, S) => {
        const generationMs = tailMs + Math.max(0, ...all.map(({ releasedAtMs }) => releasedAtMs));
        const bound = lowerBoundMs(all, generationMs);
        const serial = serialMs({ generationMs, setupMs: S, executionMs: executionMs(all) });
        const batched = endToEndMs(batchedFinishTimes(all, S), generationMs);
        expect(bound).toBeLessThanOrEqual(batched);
        expect(batched).toBeLessThanOrEqual(endToEndMs(finishTimes(all, S), generationMs));
        expect(bound).toBeLessThanOrEqual(serial);
      }),
    );
  });

  it('grows with every parameter', () => {
    const later = fc.record({ releasedAtMs: ms, durationMs: ms });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(job, later), { maxLength: 30 }),
        ms,
        ms,
        (pairs, generationMs, moreMs) => {
          const before = pairs.map(([job]) => job);
          const after = pairs.map(([job, more]) => ({
            releasedAtMs: job.releasedAtMs + more.releasedAtMs,
            durationMs: job.durationMs + more.durationMs,
          }));
          expect(lowerBoundMs(after, generationMs + moreMs)).toBeGreaterThanOrEqual(
            lowerBoundMs(before, generationMs),
          );
        },
      ),
    );
  });

  it('of an empty program is its generation time', () => {
    expect(lowerBoundMs([], 120)).toBe(120);
  });
});

describe('finishTimes', () => {
  it('grows with the overhead and with every job', () => {
    fc.assert(
      fc.property(jobs, ms, ms, fc.nat(29), ms, ms, (all, S, moreS, index, laterMs, longerMs) => {
        const harder = all.map((job, i) =>
          i === index
            ? { releasedAtMs: job.releasedAtMs + laterMs, durationMs: job.durationMs + longerMs }
            : job,
        );
        const before = finishTimes(all, S);
        finishTimes(harder, S + moreS).forEach((end, i) => {
          expect(end).toBeGreaterThanOrEqual(before[i] ?? Number.NaN);
        });
      }),
    );
  });
});

describe('serialMs', () => {
  it('adds generation, overhead and execution', () => {
    expect(serialMs({ generationMs: 13_000, setupMs: 5, executionMs: 3000 })).toBe(16_005);
  });
});

describe('regime', () => {
  it.each([
    [13_000, 3000, 'generation-dominated'],
    [2001, 1000, 'generation-dominated'],
    [2000, 1000, 'balanced'],
    [1000, 1000, 'balanced'],
    [1000, 2000, 'balanced'],
    [1000, 2001, 'execution-dominated'],
    [0, 1, 'execution-dominated'],
    [1, 0, 'generation-dominated'],
    [0, 0, 'balanced'],
  ] as const)('of %d ms generation and %d ms execution is %s', (generationMs, executionMs, expected) => {
    expect(regime(generationMs, executionMs)).toBe(expected);
  });

  it('is balanced exactly when overlap could save at least a third of the serial time', () => {
    const share = 1 / (1 + DOMINANCE_FACTOR);
    fc.assert(
      fc.property(ms, ms, (generationMs, executionMs) => {
        const couldSave = Math.min(generationMs, executionMs) >= share * (generationMs + executionMs) - 1e-9;
        expect(regime(generationMs, executionMs) === 'balanced').toBe(couldSave);
      }),
    );
  });
});
