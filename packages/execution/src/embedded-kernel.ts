import { type EmbeddedKernelOptions, type KernelExit, startEmbeddedKernel } from './embedded/index.js';
import { JupyterKernel } from './jupyter-kernel.js';
import { type Kernel, KernelError } from './kernel.js';

/**
 * A kernel that is a child of this process: no server, one unix socket per channel, gone when this process is.
 *
 * Returns at once. Python starts in the meantime, so that the wait for a model's first token hides it; a start that
 * fails is the error of the first run.
 */
export function embeddedKernel(options: EmbeddedKernelOptions): Kernel {
  const starting = startEmbeddedKernel(options);
  let isDisposed = false;
  return new JupyterKernel({
    connection: starting.then((kernel) => kernel.connection),
    gone: starting.then(
      async (kernel) => {
        const exit = await kernel.exited;
        return isDisposed ? new KernelError('The kernel was shut down.') : died(exit);
      },
      (error: KernelError) => error,
    ),
    dispose: async () => {
      isDisposed = true;
      const kernel = await starting.catch(() => undefined);
      await kernel?.[Symbol.asyncDispose]();
    },
  });
}

function died({ code, signal, output, cause }: KernelExit): KernelError {
  const how = signal ? `was killed by ${signal}` : `ended with exit code ${code}`;
  const why = cause ? ` after ${cause.message}` : '';
  const words = output.trim() ? `\nIts last words:\n${output.trim()}` : '';
  return new KernelError(
    `The kernel ${how}${why}; all variables of the program are lost. Start a new kernel to run it again.${words}`,
  );
}
