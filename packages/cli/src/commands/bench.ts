import type { Extent, WorkloadName } from '@eager/bench';
import { CommandError, EXIT } from '../exit-codes.js';
import { BENCH_PACKAGES, HARNESS_PACKAGES, PythonSetupError, preparePython } from '../python/index.js';

export interface BenchCommandOptions {
  readonly quick?: boolean | undefined;
  readonly full?: boolean | undefined;
  readonly out: string;
  readonly workload?: readonly WorkloadName[] | undefined;
  readonly seed: number;
  readonly python?: string | undefined;
}

/**
 * `eager bench`: runs the workloads by all contenders, side by side, and writes a report. Stopped, it goes on where it was
 * when it is started again.
 */
export async function benchCommand(options: BenchCommandOptions, signal: AbortSignal): Promise<number> {
  const { quick = false, full = false, out, workload, seed } = options;
  if (quick && full) throw new CommandError('Give --quick or --full, not both.', EXIT.usage);
  const extent: Extent = quick ? 'quick' : full ? 'full' : 'default';
  // Few commands need it, and it brings the tokens of a model: a megabyte.
  const { bench, FILES, targetLines } = await import('@eager/bench');
  const python = await prepared(BENCH_PACKAGES, options.python ?? process.env.EAGER_PYTHON, signal);
  const harnessPython = quick ? undefined : await harness(signal);
  const results = await bench({
    ...{ python, harnessPython, folder: out, extent, seed, workloads: workload, signal },
    onProgress: say,
  });
  process.stdout.write(`${targetLines(results).join('\n')}\n`);
  process.stdout.write(`report: ${out}/${FILES.report}, results: ${out}/${FILES.results}\n`);
  return EXIT.ok;
}

/** The comparison with another project's detection is left out where that cannot be installed. */
async function harness(signal: AbortSignal): Promise<string | undefined> {
  try {
    return await prepared(HARNESS_PACKAGES, undefined, signal);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    say(`pydantic-ai-harness is not measured: ${error.message}`);
    return undefined;
  }
}

async function prepared(
  packages: readonly string[],
  chosen: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  // An interpreter of the user's needs a kernel; which programs it can run is seen from what it has.
  const needed = chosen ? packages.slice(0, 1) : packages;
  const env = { ...process.env, EAGER_PYTHON: chosen };
  try {
    return (await preparePython({ python: chosen, packages: needed, onProgress: say, signal, env })).python;
  } catch (error) {
    if (error instanceof PythonSetupError) throw new CommandError(error.message);
    throw error;
  }
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
