import type { Job } from './job.js';

/**
 * A program of N equal statements that arrive at a steady rate: simple enough to say how the number of statements
 * matters, and close enough to real ones to choose by.
 */
export interface UniformProgram {
  /** G: from the first request to the last token, in milliseconds. */
  readonly generationMs: number;
  /** X: the sum of the statements' durations, in milliseconds. */
  readonly executionMs: number;
  /** S: what a batch costs on top of the durations of its jobs, in milliseconds. */
  readonly overheadMs: number;
}

/** Statement i of N is released at i·G/N and takes X/N. */
export function uniformJobs({ generationMs, executionMs }: UniformProgram, chunks: number): Job[] {
  return Array.from({ length: chunks }, (_, index) => ({
    releasedAtMs: ((index + 1) * generationMs) / chunks,
    durationMs: executionMs / chunks,
  }));
}

/**
 * When a uniform program is done if each statement travels alone, in milliseconds:
 *
 *     max(G + S + X/N, G/N + N·S + X)
 *
 * The first term wins as long as a statement runs faster than it is written, the second from there on.
 */
export function uniformEndToEndMs(program: UniformProgram, chunks: number): number {
  const { generationMs, executionMs, overheadMs } = program;
  return Math.max(
    generationMs + overheadMs + executionMs / chunks,
    generationMs / chunks + chunks * overheadMs + executionMs,
  );
}

/**
 * N*: the number of statements beyond which overhead makes the kernel the bottleneck, N·S + X = G. Up to it, cutting
 * finer only helps; beyond it, generation no longer hides the kernel, which is when batching begins to pay.
 *
 * @returns a real number; 0 if execution dominates however the program is cut, infinite if batches cost nothing.
 */
export function criticalChunkCount({ generationMs, executionMs, overheadMs }: UniformProgram): number {
  if (executionMs >= generationMs) return 0;
  return overheadMs > 0 ? (generationMs - executionMs) / overheadMs : Number.POSITIVE_INFINITY;
}

/**
 * The number of statements at which a uniform program without batching ends earliest: {@link criticalChunkCount} where
 * generation dominates, √(G/S) where execution does, for there finer pieces start sooner but cost more.
 *
 * @returns a real number of at least 1; infinite if batches cost nothing.
 */
export function bestChunkCount(program: UniformProgram): number {
  const { generationMs, overheadMs } = program;
  if (overheadMs === 0) return Number.POSITIVE_INFINITY;
  return Math.max(1, Math.sqrt(generationMs / overheadMs), criticalChunkCount(program));
}
