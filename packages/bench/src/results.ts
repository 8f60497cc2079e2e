import type { Machine, Versions } from './machine.js';
import type { RoundResult } from './measure.js';
import type { MicroTable } from './micro/index.js';
import type { Extent } from './plan.js';

/** Everything that a bench has measured, as it is in `results.json`. */
export interface Results {
  readonly version: 1;
  /** The day, `2026-01-31`. */
  readonly measuredAt: string;
  readonly extent: Extent;
  readonly seed: number;
  readonly digest: string;
  readonly machine: Machine;
  readonly versions: Versions;
  readonly rounds: readonly RoundResult[];
  readonly micro: readonly MicroTable[];
}

/** @throws Error when the text is no results file of this version. */
export function parseResults(text: string): Results {
  const value: Partial<Results> = JSON.parse(text);
  if (value.version !== 1 || !Array.isArray(value.rounds)) {
    throw new Error('This is no results.json of this version of the bench. Run the bench again.');
  }
  return value as Results;
}
