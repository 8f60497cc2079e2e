import type { ContenderName } from './contenders/index.js';
import type { RoundResult, Run } from './measure.js';
import type { Results } from './results.js';

/** A run with times as given, and everything else as it is for a run that went well. */
export function run(contender: ContenderName, times: Partial<Run> = {}): Run {
  const { generationMs = 2000, endToEndMs = 2500 } = times;
  return {
    ...{ contender, status: 'ok', ttftMs: 400, generationMs, executionMs: 1000, endToEndMs },
    ...{
      nonOverlappedMs: endToEndMs - generationMs,
      ratioToSerial: 1,
      ratioToBound: 1,
      predictionError: 0.001,
    },
    ...{ deviation: null, statements: 9, batches: 7, heldMs: 0, engineCpuMs: 20, equality: 'cell' },
    ...times,
  };
}

/** A round that was run serially and eagerly, with the ratios between the two. */
export function round(
  about: Partial<Omit<RoundResult, 'runs'>>,
  serial: Partial<Run>,
  eager: Partial<Run>,
  ...others: readonly Run[]
): RoundResult {
  const [base, other] = [run('serial', serial), run('eager', eager)];
  const lowerMs = about.lowerMs ?? 2000;
  return {
    ...{ workload: 'analysis', program: 'one', pace: '100', environment: 'embedded', tokens: 160 },
    key: `analysis/one@${about.pace ?? '100'}@embedded`,
    ...about,
    lowerMs,
    runs: [base, other, ...others].map((each) => ({
      ...each,
      ratioToSerial: each.endToEndMs / base.endToEndMs,
      ratioToBound: each.endToEndMs / lowerMs,
    })),
  };
}

export function results(...rounds: readonly RoundResult[]): Results {
  return {
    ...{ version: 1, measuredAt: '2026-01-31', extent: 'quick', seed: 1, digest: 'abc', rounds },
    machine: { cpu: 'a CPU', cores: 2, memoryGiB: 8, system: 'a system' },
    versions: { eager: '0.1.0', Python: '3.11.7' },
    micro: [
      { title: 'A part', about: 'What it costs.', headings: ['way', 'µs'], rows: [['<this> & "that"', 1.5]] },
    ],
  };
}
