import { differences, type RunEvent, type RunOptions, run$, runSerially$ } from '@eager/engine';
import { embeddedKernel, type Kernel } from '@eager/execution';
import { startClock } from '@eager/generation';
import { filter, firstValueFrom, lastValueFrom, tap } from 'rxjs';
import { endAfterInterrupt } from './end-after-interrupt.js';
import type { ProgramSource } from './program-source.js';
import { RunRecord } from './run-record.js';

/** A program after it has run in both ways. */
export interface TwoRuns {
  readonly serial: RunRecord;
  readonly eager: RunRecord;
  /** How their outputs differ, a line for each difference. */
  readonly differences: readonly string[];
}

export interface TwoRunsOptions extends Pick<RunOptions, 'policy' | 'signal'> {
  readonly python: string;
  readonly cwd?: string;
  /** Follows both runs; told before each which one begins. */
  readonly onStart?: (mode: 'serial' | 'eager') => (event: RunEvent) => void;
}

/**
 * Runs a program serially and then eagerly, each on a kernel of its own that is ready before its run begins: starting
 * Python is no part of the comparison. Both kernels have the same hash seed, or sets would print in two orders.
 */
export async function twoRuns(source: ProgramSource, options: TwoRunsOptions): Promise<TwoRuns> {
  const { python, cwd, policy, signal, onStart } = options;
  const env = { PYTHONHASHSEED: process.env.PYTHONHASHSEED ?? '0' };
  const start = () => embeddedKernel({ python, env, ...(cwd !== undefined && { cwd }) });
  const follow = async (mode: 'serial' | 'eager', run: typeof run$, kernel: Kernel): Promise<RunRecord> => {
    const record = new RunRecord();
    await firstValueFrom(kernel.status$.pipe(filter((status) => status === 'idle' || status === 'dead')));
    if (signal?.aborted) return record;
    using _force = endAfterInterrupt(signal, kernel);
    const observe = onStart?.(mode);
    const clock = startClock();
    const events$ = run(source(clock), kernel, {
      clock,
      ...(policy && { policy }),
      ...(signal && { signal }),
    });
    await lastValueFrom(
      events$.pipe(
        tap((event) => {
          record.add(event);
          observe?.(event);
        }),
      ),
    );
    return record;
  };

  await using first = start();
  await using second = start();
  const serial = await follow('serial', runSerially$, first);
  const eager = await follow('eager', run$, second);
  return { serial, eager, differences: differences(serial.outputs, eager.outputs) };
}
