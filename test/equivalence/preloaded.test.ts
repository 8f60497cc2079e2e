import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ForkServer } from '../../packages/execution/src/index.js';
import { python } from '../python.js';
import { differences } from './compare.js';
import { plots, runnable, sample } from './corpora.js';
import { FreshKernels, SAME_HASHES } from './kernels.js';
import { observeSerial } from './observe.js';

const programs = sample(runnable(plots()), 9);
const preload = runnable(
  ['pandas', 'matplotlib.pyplot'].map((name) => ({ name, text: `import ${name}`, files: [] })),
);

describe.skipIf(programs.length === 0)(
  'plots: a kernel with what it needs preloaded gives what a fresh one gives',
  () => {
    let forkServer: ForkServer;
    let preloaded: FreshKernels;
    let fresh: FreshKernels;
    beforeAll(() => {
      forkServer = new ForkServer({ python, preload: preload.map(({ name }) => name), env: SAME_HASHES });
      preloaded = new FreshKernels(1, forkServer);
      fresh = new FreshKernels(1);
    });
    afterAll(async () => {
      await preloaded[Symbol.asyncDispose]();
      await fresh[Symbol.asyncDispose]();
      await forkServer[Symbol.asyncDispose]();
    });

    test.each(programs.map((program) => [program.name, program] as const))(
      '%s',
      async (_, { text, files }) => {
        const [expected, found] = await Promise.all(
          [fresh, preloaded].map((kernels) => kernels.with(files, (kernel) => observeSerial(text, kernel))),
        );
        if (!expected || !found) throw new Error('There are two kernels.');
        expect(differences(expected, found)).toEqual([]);
      },
      120_000,
    );
  },
);
