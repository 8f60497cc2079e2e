import { KernelError } from '../kernel.js';
import type { KernelExit } from './process.js';

/** The process ended before the kernel had answered. */
export function diedAtStart(python: string, exit: KernelExit): KernelError {
  if (/No module named '?ipykernel/.test(exit.output)) {
    return new KernelError(
      `Python ("${python}") has no ipykernel. Install it with: ${python} -m pip install "ipykernel>=6.29"`,
    );
  }
  const how = exit.signal === null ? `with code ${exit.code}` : `by ${exit.signal}`;
  return new KernelError(
    `The Python kernel ended ${how} before it could run anything. Check that ` +
      `${python} -m ipykernel_launcher starts.${printed(exit.output)}`,
  );
}

export function tooSlow(python: string, timeoutMs: number, output: string): KernelError {
  return new KernelError(
    `The Python kernel ("${python}") did not answer within ${timeoutMs} ms and was ended. Check that ` +
      `${python} -m ipykernel_launcher starts, or allow it more time.${printed(output)}`,
  );
}

/** Something answered on the kernel's sockets, but not as a kernel does. */
export function notAKernel(python: string, cause: unknown, output: string): KernelError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new KernelError(
    `The process of "${python}" does not behave like a Jupyter kernel: ${reason} ` +
      `Install a current one with: ${python} -m pip install --upgrade ipykernel${printed(output)}`,
    { cause },
  );
}

function printed(output: string): string {
  const text = output.trim();
  return text === '' ? ' It printed nothing.' : ` It printed:\n${text}`;
}
