import { embeddedKernel } from '@eager/execution';
import { describe, expect, it } from 'vitest';
import { followRuns } from '../../packages/bench/src/load.js';
import { ReplayKernel } from '../../packages/bench/src/replay-kernel.js';
import { python } from '../python.js';

describe('many runs at once in one process', () => {
  it('100 replayed streams are complete, in order, and share nothing', async () => {
    const load = await followRuns(Array.from({ length: 100 }, () => new ReplayKernel()));
    expect(load).toMatchObject({ runs: 100, complete: 100, problem: undefined });
  });

  it('4 kernels are complete, in order, and share nothing', async () => {
    const kernels = Array.from({ length: 4 }, () => embeddedKernel({ python }));
    try {
      expect(await followRuns(kernels)).toMatchObject({ runs: 4, complete: 4, problem: undefined });
    } finally {
      await Promise.all(kernels.map((kernel) => kernel[Symbol.asyncDispose]()));
    }
  });
});
