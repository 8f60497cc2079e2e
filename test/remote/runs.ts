import { type Kernel, KernelError } from '@eager/execution';
import { type RunOptions, runProgram, textOf } from '../../packages/execution/src/program.fixture.js';

/** What a program prints to stdout. */
export async function printed(kernel: Kernel, source: string, options?: RunOptions): Promise<string> {
  return textOf(await runProgram(kernel, source, options));
}

/** The message of the error with which running anything on the kernel fails. */
export async function failureOf(kernel: Kernel, source = 'x = 1\n'): Promise<string> {
  const error = await runProgram(kernel, source).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof KernelError)) throw new Error(`Expected a KernelError, got ${error}.`);
  return error.message;
}
