import type { Job } from './job.js';

/**
 * When each job finishes if every job travels to the kernel alone: e_i = max(r_i, e_{i−1}) + S + X_i.
 *
 * @param jobs in the order of the program
 * @param overheadMs S: what a batch costs on top of the durations of its jobs
 * @returns e_i for each job, in milliseconds since the run began
 */
export function finishTimes(jobs: readonly Job[], overheadMs: number): number[] {
  let freeAtMs = 0;
  return jobs.map((job) => {
    freeAtMs = Math.max(job.releasedAtMs, freeAtMs) + overheadMs + job.durationMs;
    return freeAtMs;
  });
}

/**
 * When each job finishes with dynamic batching: whenever the kernel is free it takes all that is pending as one
 * batch, or waits for the next job if nothing is, and pays S once per batch.
 *
 * No job finishes later than by {@link finishTimes}. Unlike there, a job released *later* can end the whole
 * earlier, because it may spare a batch.
 *
 * @param jobs in the order of the program; a job waits for those before it even if it was released first
 * @param overheadMs S: what a batch costs on top of the durations of its jobs
 * @returns e_i for each job, in milliseconds since the run began
 */
export function batchedFinishTimes(jobs: readonly Job[], overheadMs: number): number[] {
  let batchSentAtMs = Number.NEGATIVE_INFINITY;
  let freeAtMs = 0;
  return jobs.map((job) => {
    const missedTheBatch = job.releasedAtMs > batchSentAtMs;
    if (missedTheBatch) {
      batchSentAtMs = Math.max(job.releasedAtMs, freeAtMs);
      freeAtMs = batchSentAtMs + overheadMs;
    }
    freeAtMs += job.durationMs;
    return freeAtMs;
  });
}

/**
 * When a run is over: all tokens are there and the last job has finished.
 *
 * @param finishTimesMs e_i in the order of the program, for example from {@link batchedFinishTimes}
 * @param generationMs when the last token arrived
 * @returns milliseconds since the run began
 */
export function endToEndMs(finishTimesMs: readonly number[], generationMs: number): number {
  return Math.max(generationMs, finishTimesMs.at(-1) ?? 0);
}
