import { CommandError } from './exit-codes.js';
import {
  DATA_PACKAGES,
  type PreparedPython,
  PythonSetupError,
  preparePython,
  RUN_PACKAGES,
} from './python/index.js';

export interface PythonOptions {
  readonly python?: string | undefined;
  /** False for `--no-setup`: nothing is installed, whatever is missing. */
  readonly setup?: boolean | undefined;
  /** What an environment of ours is to have besides the usual packages. */
  readonly packages?: readonly string[] | undefined;
}

/**
 * The interpreter for a run: the user's, which needs ipykernel only, or an environment of ours with the usual data
 * packages, which is made when there is none yet.
 */
export async function choosePython(
  { python = process.env.EAGER_PYTHON, setup = true, packages = [] }: PythonOptions,
  signal: AbortSignal,
): Promise<PreparedPython> {
  try {
    return await preparePython({
      python,
      packages: python ? RUN_PACKAGES : [...DATA_PACKAGES, ...packages],
      mayInstall: setup,
      signal,
      onProgress: (line) => process.stderr.write(`${line}\n`),
    });
  } catch (error) {
    if (error instanceof PythonSetupError) throw new CommandError(error.message);
    throw error;
  }
}
