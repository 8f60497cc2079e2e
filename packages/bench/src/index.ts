export { type BenchOptions, bench, FILES } from './bench.js';
export type { Extent } from './plan.js';
export type { Results } from './results.js';
export { targetLines } from './summary.js';
export type { WorkloadName } from './workloads/index.js';
