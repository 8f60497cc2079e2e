export type { EmbeddedKernelOptions } from './embedded/index.js';
export { embeddedKernel } from './embedded-kernel.js';
export { execute } from './execute.js';
export {
  type Batch,
  type CellOptions,
  type ExecutionEvent,
  type GatedChunk,
  type InputHandler,
  type Kernel,
  KernelError,
  type KernelStatus,
  type PythonError,
} from './kernel.js';
export type { Output } from './output.js';
