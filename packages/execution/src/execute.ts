import type { OperatorFunction } from 'rxjs';
import type { CellOptions, ExecutionEvent, GatedChunk, Kernel } from './kernel.js';

/**
 * Runs a stream of chunks as one cell of the kernel, while they arrive.
 *
 * No queue decides when a chunk is sent: the kernel asks when it is free and gets all that is pending.
 */
export function execute(kernel: Kernel, options?: CellOptions): OperatorFunction<GatedChunk, ExecutionEvent> {
  return (chunks$) => kernel.run(chunks$, options);
}
