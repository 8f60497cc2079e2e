export type { ConnectionState } from './channels.js';
export type { KernelChoice } from './choose-kernel.js';
export { type KernelSpec, listKernelSpecs, listKernels, type RunningKernel } from './listing.js';
export { type RemoteKernel, type RemoteKernelOptions, remoteKernel } from './remote-kernel.js';
export type { ServerOptions } from './server.js';
