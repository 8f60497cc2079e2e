export { executionBoundMs, generationBoundMs, lastFinishMs, speedupBound, upperBoundMs } from './bounds.js';
export type { Job } from './job.js';
export { lowerBoundMs } from './lower-bound.js';
export { batchedFinishTimes, endToEndMs, finishTimes } from './recurrence.js';
export { DOMINANCE_FACTOR, type Regime, regime } from './regime.js';
export { type SerialSpans, serialMs } from './serial.js';
export {
  bestChunkCount,
  criticalChunkCount,
  type UniformProgram,
  uniformEndToEndMs,
  uniformJobs,
} from './uniform.js';
