import type { Job } from './job.js';
import type { SerialSpans } from './serial.js';

/**
 * The recurrence in closed form: when the last job finishes if every job travels to the kernel alone,
 *
 *     e_N = max over k of (r_k + Σ_{i≥k} (S + X_i))
 *
 * Some statement k is the last that the kernel waited for; from its release on the kernel never idles. The paper
 * derives its bounds from this form; {@link finishTimes} is the recurrence it solves.
 *
 * @param jobs in the order of the program
 * @param overheadMs S: what a batch costs on top of the durations of its jobs
 * @returns milliseconds since the run began; 0 for a program without statements
 */
export function lastFinishMs(jobs: readonly Job[], overheadMs: number): number {
  let latestMs = 0;
  let remainingMs = 0;
  for (const job of jobs.toReversed()) {
    remainingMs += overheadMs + job.durationMs;
    latestMs = Math.max(latestMs, job.releasedAtMs + remainingMs);
  }
  return latestMs;
}

/**
 * The first lower bound, k = N in {@link lastFinishMs}: the last statement cannot start before it is written, r_N + S + X_N.
 * It is tight where generation dominates: all but the last statement hide behind it.
 */
export function generationBoundMs(jobs: readonly Job[], overheadMs: number): number {
  const last = jobs.at(-1);
  return last === undefined ? 0 : last.releasedAtMs + overheadMs + last.durationMs;
}

/**
 * The second lower bound, k = 1 in {@link lastFinishMs}: from the first statement on everything still has to run,
 * r_1 + N·S + Σ X_i. It is tight where execution dominates: the kernel never waits again.
 */
export function executionBoundMs(jobs: readonly Job[], overheadMs: number): number {
  const [first] = jobs;
  if (first === undefined) return 0;
  return jobs.reduce((endMs, { durationMs }) => endMs + overheadMs + durationMs, first.releasedAtMs);
}

/**
 * The upper bound: nothing overlapped and each of the N statements paid its own overhead, G + N·S + X. It exceeds a
 * serial run by (N − 1)·S, the most that running eagerly can ever cost.
 */
export function upperBoundMs({ generationMs, setupMs, executionMs }: SerialSpans, chunks: number): number {
  return generationMs + chunks * setupMs + executionMs;
}

/**
 * How many times as fast as a serial run any in-order executor can be at most, (G + S + X) / max(G, X): never more
 * than 2 without overhead, and that only when both take equally long. 1 for a run that takes no time.
 */
export function speedupBound({ generationMs, setupMs, executionMs }: SerialSpans): number {
  const longerMs = Math.max(generationMs, executionMs);
  return longerMs > 0 ? (generationMs + setupMs + executionMs) / longerMs : 1;
}
