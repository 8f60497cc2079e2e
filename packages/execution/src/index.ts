export {
  type EmbeddedKernelOptions,
  ForkServer,
  type ForkServerOptions,
  type SandboxOptions,
} from './embedded/index.js';
export { embeddedKernel } from './embedded-kernel.js';
export { execute } from './execute.js';
export {
  type Batch,
  type CellOptions,
  DEFAULT_MAX_OUTPUT_BYTES,
  type ExecutionEvent,
  type GatedChunk,
  type InputHandler,
  type Kernel,
  KernelError,
  type KernelStatus,
  type Notice,
  type PythonError,
} from './kernel.js';
export {
  type AcquireOptions,
  type KernelLease,
  type KernelPlace,
  KernelPool,
  type KernelPoolOptions,
} from './kernel-pool.js';
export type { Output, Transient } from './output.js';
export {
  type ConnectionState,
  type KernelChoice,
  type KernelSpec,
  listKernelSpecs,
  listKernels,
  type RemoteKernel,
  type RemoteKernelOptions,
  type RunningKernel,
  remoteKernel,
  type ServerOptions,
} from './remote/index.js';
