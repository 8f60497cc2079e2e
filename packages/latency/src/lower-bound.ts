import type { Job } from './job.js';

/**
 * The earliest moment at which any executor that runs the statements in order can be done, at no overhead:
 *
 *     max(generationMs, max over k of (a_k + Σ_{i≥k} X_i))
 *
 * Nothing of statement k can run before its last token has arrived at a_k, and from then on it and all that
 * follow still have to run, one after the other. The bound is attained by {@link finishTimes} with S = 0 over the
 * same jobs.
 *
 * @param jobs in the order of the program; `releasedAtMs` is a_k, when the statement's last token arrived
 * @param generationMs when the last token of the program arrived
 * @returns milliseconds since the run began
 */
export function lowerBoundMs(jobs: readonly Job[], generationMs: number): number {
  let boundMs = generationMs;
  let remainingMs = 0;
  for (const job of jobs.toReversed()) {
    remainingMs += job.durationMs;
    boundMs = Math.max(boundMs, job.releasedAtMs + remainingMs);
  }
  return boundMs;
}
