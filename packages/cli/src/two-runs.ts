import { differences, type RunEvent, type RunOptions, run$, runSerially$ } from '@eager/engine';
import type { Kernel } from '@eager/execution';
import { startClock } from '@eager/generation';
import { filter, firstValueFrom, lastValueFrom, tap } from 'rxjs';
import type { ProgramSource } from './program-source.js';
import { RunRecord } from './run-record.js';

/** A program after it has run in both ways. */
export interface TwoRuns {
  readonly serial: RunRecord;
  readonly eager: RunRecord;
  /** How their outputs differ, a line for each difference. */
  readonly differences: readonly string[];
}

export interface TwoRunsOptions
  extends Pick<RunOptions, 'policy' | 'signal' | 'patienceMs' | 'maxOutputBytes'> {
  /** Opens a kernel of its own for each run, with these environment variables where that is possible. */
  readonly open: (env: Readonly<Record<string, string>>) => Promise<Kernel>;
  /** Follows both runs; told before each which one begins. */
  readonly onStart?: (mode: 'serial' | 'eager') => (event: RunEvent) => void;
}

/**
 * Runs a program serially and then eagerly, each on a kernel of its own that is ready before its run begins: starting
 * Python is no part of the comparison. Both kernels have the same hash seed, or sets would print in two orders.
 */
export async function twoRuns(source: ProgramSource, options: TwoRunsOptions): Promise<TwoRuns> {
  const { open, onStart, ...runOptions } = options;
  const { signal } = options;
  const env = { PYTHONHASHSEED: process.env.PYTHONHASHSEED ?? '0' };
  const follow = async (mode: 'serial' | 'eager', run: typeof run$, kernel: Kernel): Promise<RunRecord> => {
    const record = new RunRecord();
    await firstValueFrom(kernel.status$.pipe(filter((status) => status === 'idle' || status === 'dead')));
    if (signal?.aborted) return record;
    const observe = onStart?.(mode);
    const clock = startClock();
    const events$ = run(source(clock), kernel, { ...runOptions, clock });
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

  await using first = await open(env);
  await using second = await open(env);
  const serial = await follow('serial', runSerially$, first);
  const eager = await follow('eager', run$, second);
  return { serial, eager, differences: differences(serial.outputs, eager.outputs) };
}
