import { KernelError } from '../kernel.js';
import type { KernelExit } from './process.js';

export const installBubblewrap =
  'Install bubblewrap 0.8 or newer ("apt install bubblewrap", "dnf install bubblewrap"), or run without the sandbox.';

/** The process ended before the kernel had answered. */
export function diedAtStart(python: string, exit: KernelExit): KernelError {
  if (isWithoutIpykernel(exit.output)) return noIpykernel(python);
  if (/^bwrap: /m.test(exit.output)) return sandboxFailed(exit.output);
  const how = exit.signal === null ? `with code ${exit.code}` : `by ${exit.signal}`;
  return new KernelError(
    `The Python kernel ended ${how} before it could run anything. Check that ` +
      `${python} -m ipykernel_launcher starts.${printed(exit.output)}`,
  );
}

export const isWithoutIpykernel = (output: string): boolean => /No module named '?ipykernel/.test(output);

export function noIpykernel(python: string): KernelError {
  return new KernelError(
    `Python ("${python}") has no ipykernel. Install it with: ${python} -m pip install "ipykernel>=6.29"`,
  );
}

function sandboxFailed(output: string): KernelError {
  const reason = output.trim();
  const advice = /Unknown option/.test(reason)
    ? installBubblewrap
    : /namespace|uid map|Operation not permitted|Permission denied/.test(reason)
      ? 'The system does not let this user make namespaces. Allow it ("sysctl user.max_user_namespaces=10000", ' +
        '"sysctl kernel.unprivileged_userns_clone=1", on Ubuntu "sysctl kernel.apparmor_restrict_unprivileged_userns=0", ' +
        'in a container its security options), or run without the sandbox.'
      : 'Check that "bwrap --ro-bind / / true" works, or run without the sandbox.';
  return new KernelError(`Cannot start the sandbox: ${reason}. ${advice}`);
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

/** What a process printed, as the end of a message. */
export function printed(output: string): string {
  const text = output.trim();
  return text === '' ? ' It printed nothing.' : ` It printed:\n${text}`;
}
