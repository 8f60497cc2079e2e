import type { RunSummary } from '@eager/engine';
import { eventLines, round, summaryFields } from '../event-json.js';
import { CommandError, EXIT } from '../exit-codes.js';
import { type GateName, policyOf } from '../gate-options.js';
import { type KernelOptions, openKernel } from '../kernel-options.js';
import { type LimitOptions, runLimits, withTimeout } from '../limits.js';
import { programSource, type SourceOptions } from '../program-source.js';
import type { RunRecord } from '../run-record.js';
import { checkSaveOptions, saveTimeline } from '../save.js';
import { isKernelId } from '../server-options.js';
import { comparisonText, followRun } from '../terminal/index.js';
import { type TwoRuns, twoRuns } from '../two-runs.js';

export interface CompareOptions extends SourceOptions, KernelOptions, LimitOptions {
  readonly gate: GateName;
  readonly timeline?: string | undefined;
  readonly json?: boolean | undefined;
}

/** `eager compare FILE`: runs a program serially, then eagerly, and compares times and outputs. */
export async function compareCommand(
  file: string,
  options: CompareOptions,
  signal: AbortSignal,
): Promise<number> {
  if (options.session !== undefined || (options.kernel !== undefined && isKernelId(options.kernel))) {
    throw new CommandError(
      'A comparison needs two new kernels: --kernel can only name a kernelspec here.',
      EXIT.usage,
    );
  }
  await checkSaveOptions(options);
  if (file === '-') {
    throw new CommandError('A comparison needs a file: standard input can be read only once.', EXIT.usage);
  }
  const source = await programSource(file, options);
  const limited = withTimeout(signal, options.timeout);
  const runs = await twoRuns(source, {
    open: async (env) => {
      const { kernel, notices$ } = await openKernel(options, signal, env);
      notices$.subscribe((line) => process.stderr.write(`eager: ${line}\n`));
      return kernel;
    },
    policy: policyOf(options.gate, undefined),
    signal: limited,
    ...runLimits(options),
    // The comparison is what this command prints; what the program prints twice is on the way to it.
    onStart: options.json
      ? printJson
      : (mode) => followRun(mode, { stdout: process.stderr, stderr: process.stderr, env: process.env }),
  }).catch((error: unknown) => {
    // A program that ignores the interrupt loses its kernel; why it was interrupted says more.
    throw limited.aborted ? limited.reason : error;
  });
  if (limited.aborted) throw limited.reason;

  if (options.timeline !== undefined) {
    await saveTimeline(options.timeline, labelled(runs), file);
  }
  process.stdout.write(options.json ? `${JSON.stringify(comparison(runs))}\n` : comparisonText(runs));
  return runs.differences.length === 0 ? EXIT.ok : EXIT.failure;
}

/** The last line of `eager compare --json`. Bounds and prediction are those of the eager run. */
function comparison({ serial, eager, differences }: TwoRuns) {
  const { bounds, predictedMs, regime } = eager.timeline;
  return {
    v: 1,
    type: 'comparison',
    serial: summaryFields(summaryOf(serial)),
    eager: summaryFields(summaryOf(eager)),
    equal: differences.length === 0,
    differences,
    bounds: {
      generationMs: round(bounds.generationMs),
      executionMs: round(bounds.executionMs),
      lowerMs: round(bounds.lowerMs),
    },
    predictedMs: round(predictedMs),
    regime,
  };
}

function labelled({ serial, eager }: TwoRuns) {
  return [
    { label: 'Serial', timeline: serial.timeline },
    { label: 'Eager', timeline: eager.timeline },
  ];
}

function printJson(run: 'serial' | 'eager') {
  const toLine = eventLines({ run });
  return (event: Parameters<typeof toLine>[0]): void => {
    const line = toLine(event);
    if (line !== undefined) process.stdout.write(line);
  };
}

function summaryOf(record: RunRecord): RunSummary {
  const { summary } = record.timeline;
  if (!summary) throw new Error('The run did not end.');
  return summary;
}
