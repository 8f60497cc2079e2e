import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  batchedFinishTimes,
  bestChunkCount,
  criticalChunkCount,
  endToEndMs,
  executionBoundMs,
  finishTimes,
  generationBoundMs,
  type Job,
  lastFinishMs,
  lowerBoundMs,
  serialMs,
  speedupBound,
  uniformEndToEndMs,
  uniformJobs,
  upperBoundMs,
} from './index.js';

// Whole milliseconds, so that sums are exact and the properties need no tolerance.
const ms = fc.nat(1000);
const someMs = fc.integer({ min: 1, max: 1000 });
const job: fc.Arbitrary<Job> = fc.record({ releasedAtMs: ms, durationMs: ms });
const jobs = fc.array(job, { minLength: 1, maxLength: 30 });
const executionMs = (all: readonly Job[]) => all.reduce((sum, { durationMs }) => sum + durationMs, 0);

/** A program whose statements are released in order, the last with the last token. */
const written = jobs.map((all) => {
  let releasedAtMs = 0;
  return all.map((job) => {
    releasedAtMs += job.releasedAtMs;
    return { ...job, releasedAtMs };
  });
});
const generationMs = (all: readonly Job[]) => all.at(-1)?.releasedAtMs ?? 0;

describe('the closed form', () => {
  it('equals the recurrence', () => {
    fc.assert(
      fc.property(jobs, ms, (all, S) => {
        expect(lastFinishMs(all, S)).toBe(finishTimes(all, S).at(-1));
      }),
    );
  });

  it('of a program without statements is 0', () => {
    expect(lastFinishMs([], 5)).toBe(0);
    expect(generationBoundMs([], 5)).toBe(0);
    expect(executionBoundMs([], 5)).toBe(0);
  });
});

describe('the bounds', () => {
  it('hold the eager run between them', () => {
    fc.assert(
      fc.property(written, ms, (all, S) => {
        const end = lastFinishMs(all, S);
        expect(generationBoundMs(all, S)).toBeLessThanOrEqual(end);
        expect(executionBoundMs(all, S)).toBeLessThanOrEqual(end);
        const spans = { generationMs: generationMs(all), setupMs: S, executionMs: executionMs(all) };
        expect(end).toBeLessThanOrEqual(upperBoundMs(spans, all.length));
      }),
    );
  });

  it('are attained by one and by two statements', () => {
    fc.assert(
      fc.property(fc.array(job, { minLength: 1, maxLength: 2 }), ms, (all, S) => {
        const larger = Math.max(generationBoundMs(all, S), executionBoundMs(all, S));
        expect(lastFinishMs(all, S)).toBe(larger);
      }),
    );
  });

  it('keep the cost of running eagerly within an overhead for each statement but one', () => {
    fc.assert(
      fc.property(written, ms, (all, S) => {
        const spans = { generationMs: generationMs(all), setupMs: S, executionMs: executionMs(all) };
        expect(upperBoundMs(spans, all.length) - serialMs(spans)).toBe((all.length - 1) * S);
        const batched = endToEndMs(batchedFinishTimes(all, S), spans.generationMs);
        expect(batched).toBeLessThanOrEqual(upperBoundMs(spans, all.length));
      }),
    );
  });

  it('grow with every parameter', () => {
    const bounds = [lastFinishMs, generationBoundMs, executionBoundMs];
    fc.assert(
      fc.property(jobs, ms, ms, fc.nat(29), ms, ms, (all, S, moreS, index, laterMs, longerMs) => {
        const harder = all.map((job, i) =>
          i === index
            ? { releasedAtMs: job.releasedAtMs + laterMs, durationMs: job.durationMs + longerMs }
            : job,
        );
        for (const bound of bounds) {
          expect(bound(harder, S + moreS)).toBeGreaterThanOrEqual(bound(all, S));
        }
      }),
    );
  });
});

describe('speedupBound', () => {
  it.each([
    [1000, 1000, 2],
    [3000, 1000, 4 / 3],
    [1000, 3000, 4 / 3],
    [1000, 0, 1],
    [0, 0, 1],
  ])('of %d ms generation and %d ms execution without overhead is %d', (generationMs, executionMs, bound) => {
    expect(speedupBound({ generationMs, setupMs: 0, executionMs })).toBeCloseTo(bound, 12);
  });

  it('is not exceeded by any run, and is at most 2 without overhead', () => {
    fc.assert(
      fc.property(written, ms, (all, S) => {
        const spans = { generationMs: generationMs(all), setupMs: S, executionMs: executionMs(all) };
        const atBestMs = lowerBoundMs(all, spans.generationMs);
        if (atBestMs === 0) return;
        expect(serialMs(spans) / atBestMs).toBeLessThanOrEqual(speedupBound(spans) + 1e-12);
        expect(speedupBound({ ...spans, setupMs: 0 })).toBeLessThanOrEqual(2);
      }),
    );
  });
});

describe('a uniform program', () => {
  const program = fc.record({ generationMs: someMs, executionMs: someMs, overheadMs: someMs });
  const chunks = fc.integer({ min: 1, max: 60 });

  it('ends when the recurrence says', () => {
    fc.assert(
      fc.property(program, chunks, (program, N) => {
        const end = finishTimes(uniformJobs(program, N), program.overheadMs).at(-1);
        expect(uniformEndToEndMs(program, N)).toBeCloseTo(end ?? Number.NaN, 6);
      }),
    );
  });

  it('is bound by generation up to N*, and by execution beyond', () => {
    fc.assert(
      fc.property(program, chunks, (program, N) => {
        const { generationMs, executionMs, overheadMs } = program;
        const isBoundByGeneration =
          uniformEndToEndMs(program, N) === generationMs + overheadMs + executionMs / N;
        // One statement leaves nothing to overlap: the two bounds are one.
        if (N === 1 || Math.abs(N - criticalChunkCount(program)) < 1e-9) return;
        expect(isBoundByGeneration).toBe(N < criticalChunkCount(program));
      }),
    );
  });

  it('has no N* where execution dominates, and an infinite one without overhead', () => {
    expect(criticalChunkCount({ generationMs: 10, executionMs: 10, overheadMs: 1 })).toBe(0);
    expect(criticalChunkCount({ generationMs: 10, executionMs: 1, overheadMs: 0 })).toBe(Infinity);
    expect(bestChunkCount({ generationMs: 10, executionMs: 1, overheadMs: 0 })).toBe(Infinity);
  });

  it('ends earliest at the best number of statements', () => {
    fc.assert(
      fc.property(program, chunks, (program, N) => {
        const best = uniformEndToEndMs(program, bestChunkCount(program));
        expect(best).toBeLessThanOrEqual(uniformEndToEndMs(program, N) + 1e-9);
      }),
    );
  });
});
