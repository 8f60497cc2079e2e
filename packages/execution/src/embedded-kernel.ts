import { Subject } from 'rxjs';
import { type EmbeddedKernelOptions, type KernelExit, startEmbeddedKernel } from './embedded/index.js';
import { JupyterKernel } from './jupyter-kernel.js';
import { type Kernel, KernelError, type Notice } from './kernel.js';

/**
 * A kernel that is a child of this process: no server, one unix socket per channel, gone when this process is.
 *
 * Returns at once. Python starts in the meantime, so that the wait for a model's first token hides it; a start that
 * fails is the error of the first run.
 */
export function embeddedKernel(options: EmbeddedKernelOptions): Kernel {
  const notices$ = new Subject<Notice>();
  const starting = startEmbeddedKernel(options, (error) => {
    const message = `A message of the kernel was dropped, and with it perhaps an output of the program. ${error.message}`;
    notices$.next({ type: 'output lost', message });
  });
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
    notices$,
    hasDriver: options.forkServer !== undefined,
    kill: async () => {
      (await starting).killNow();
    },
    dispose: async () => {
      isDisposed = true;
      const kernel = await starting.catch(() => undefined);
      await kernel?.[Symbol.asyncDispose]();
    },
  });
}

function died({ code, signal, output, cause }: KernelExit): KernelError {
  const how = signal ? `was killed by ${signal}` : `ended with exit code ${code}`;
  const why = cause
    ? ` after ${cause.message}`
    : signal === 'SIGXCPU'
      ? ' because it used up its CPU time'
      : signal === 'SIGKILL'
        ? ', as the system does when memory runs out'
        : '';
  const words = output.trim() ? `\nIts last words:\n${output.trim()}` : '';
  return new KernelError(
    `The kernel ${how}${why}; all variables of the program are lost. Start a new kernel to run it again.${words}`,
  );
}
