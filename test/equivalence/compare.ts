import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asFarAsWritten, comparable } from './allowed-differences.js';
import { isFull, type Program } from './corpora.js';
import { FreshKernels } from './kernels.js';
import { modes, type Observation, observeEager, observeSerial } from './observe.js';

/**
 * Declares a test for each program: it runs once as a plain cell and several times eagerly, each time on a fresh kernel,
 * and all that can be seen of the runs must be equal. By default each program is written in one of the ways, in turn.
 */
export function equalsSerial(corpus: string, programs: readonly Program[]): void {
  describe.skipIf(programs.length === 0)(`${corpus}: an eager run gives what a plain cell gives`, () => {
    let kernels: FreshKernels;
    beforeAll(() => {
      kernels = new FreshKernels();
    });
    afterAll(() => kernels[Symbol.asyncDispose]());

    test.each(programs.map((program, index) => [program.name, program, index] as const))(
      '%s',
      async (_, { text, files }, index) => {
        const ways = isFull ? modes : modes.filter((_, way) => way === index % modes.length);
        const [serial, ...eager] = await Promise.all([
          kernels.with(files, (fresh) => observeSerial(text, fresh)),
          ...ways.map((mode) => kernels.with(files, (fresh) => observeEager(text, mode, fresh))),
        ]);
        for (const [way, { name }] of ways.entries()) {
          const observation = eager[way];
          if (!observation) throw new Error('There is an observation for each way.');
          expect.soft(comparable(observation), name).toEqual(comparable(asWritten(serial, observation)));
        }
      },
      120_000,
    );
  });
}

/** The serial observation, with tracebacks as far as the program was written when it failed. */
function asWritten(serial: Observation, eager: Observation): Observation {
  const tracebacks = {
    outputs: eager.outputs.flatMap((output) => (output.output_type === 'error' ? [output.traceback] : [])),
    error: eager.error?.traceback ?? [],
  };
  const written = <T extends { readonly output_type: string }>(output: T): T =>
    output.output_type === 'error' && 'traceback' in output
      ? { ...output, traceback: asFarAsWritten(output.traceback as string[], tracebacks.outputs[0] ?? []) }
      : output;
  return {
    ...serial,
    outputs: serial.outputs.map(written),
    saved: serial.saved.map(written),
    error: serial.error && {
      ...serial.error,
      traceback: asFarAsWritten(serial.error.traceback, tracebacks.error),
    },
  };
}
