/** Which of the two times a run is made of, and so what overlapping them can gain. */
export type Regime =
  /** Generation is much longer: execution can hide behind it almost entirely. */
  | 'generation-dominated'
  /** Both take about as long: overlap gains most, up to half of the serial time. */
  | 'balanced'
  /** Execution is much longer: only generation's own time can be hidden. */
  | 'execution-dominated';

/** One time dominates the other when it is more than this many times as long. */
export const DOMINANCE_FACTOR = 2;

/**
 * The regime of a run that spends `generationMs` on writing the program and `executionMs` on running it.
 * A run of neither is balanced. The threshold is {@link DOMINANCE_FACTOR}, a convention of this project: below it
 * overlap can save at least a third of the serial time.
 */
export function regime(generationMs: number, executionMs: number): Regime {
  if (generationMs > DOMINANCE_FACTOR * executionMs) return 'generation-dominated';
  if (executionMs > DOMINANCE_FACTOR * generationMs) return 'execution-dominated';
  return 'balanced';
}
