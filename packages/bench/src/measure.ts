import { differences } from '@eager/engine';
import type { IOutput } from '@jupyterlab/nbformat';
import type { ContenderName, RunResult } from './contenders/index.js';
import type { EnvironmentName } from './environments/index.js';
import type { WorkloadName } from './workloads/index.js';

/**
 * Whether a run gave what the serial run of its round gave. `cell`: every output is that of one cell, byte for byte.
 * `content`: text, figures and the error's name are the same, but not how a notebook shows them.
 */
export type Equality = 'cell' | 'content' | 'different';

/** One contender's run in a round. All times are in milliseconds. */
export interface Run {
  readonly contender: ContenderName;
  readonly status: RunResult['status'];
  readonly ttftMs: number;
  readonly generationMs: number;
  readonly executionMs: number;
  /** From the last token to the last result. */
  readonly nonOverlappedMs: number;
  readonly endToEndMs: number;
  /** End to end, as a share of the serial run's. */
  readonly ratioToSerial: number | null;
  /** End to end, as a share of the round's lower bound. */
  readonly ratioToBound: number | null;
  /** The latency model's prediction less the measurement, as a share of the measurement; runs of the engine only. */
  readonly predictionError: number | null;
  readonly deviation: string | null;
  readonly statements: number;
  readonly batches: number;
  readonly heldMs: number;
  readonly engineCpuMs: number;
  readonly equality: Equality;
}

/** What came of a round. */
export interface RoundResult {
  readonly key: string;
  readonly workload: WorkloadName;
  readonly program: string;
  readonly pace: string;
  readonly environment: EnvironmentName;
  readonly tokens: number;
  /**
   * When an executor without overhead would have been done, from the durations that the eager run measured; null where
   * there is no eager run.
   */
  readonly lowerMs: number | null;
  /** In the order in which they ran. */
  readonly runs: readonly Run[];
}

/** Sets the runs of a round in relation to each other. */
export function related(
  round: Omit<RoundResult, 'lowerMs' | 'runs'>,
  ttftMs: number,
  results: ReadonlyMap<ContenderName, RunResult>,
): RoundResult {
  const serial = results.get('serial');
  const lowerMs = results.get('eager')?.model?.lowerMs ?? null;
  const runs = [...results].map(([contender, result]): Run => {
    const { status, generationMs, executionMs, endToEndMs, model } = result;
    const { statements, batches, heldMs, engineCpuMs } = result;
    return {
      ...{ contender, status, ttftMs, generationMs, executionMs, endToEndMs },
      nonOverlappedMs: endToEndMs - generationMs,
      ratioToSerial: serial ? endToEndMs / serial.endToEndMs : null,
      ratioToBound: lowerMs ? endToEndMs / lowerMs : null,
      predictionError: model ? (model.predictedMs - endToEndMs) / endToEndMs : null,
      deviation: model?.deviation ?? null,
      ...{ statements, batches, heldMs, engineCpuMs },
      equality: serial ? equality(serial.outputs, result.outputs) : 'different',
    };
  });
  return { ...round, lowerMs, runs };
}

function equality(serial: readonly IOutput[], other: readonly IOutput[]): Equality {
  if (differences(serial, other).length === 0) return 'cell';
  return contentOf(serial) === contentOf(other) ? 'content' : 'different';
}

/** What a person sees of outputs, wherever they are shown: printed text, figures, and which error ended the program. */
function contentOf(outputs: readonly IOutput[]): string {
  const printed = { stdout: '', stderr: '' };
  const figures: unknown[] = [];
  const errors: unknown[] = [];
  for (const output of outputs) {
    if (output.output_type === 'stream') {
      const { name, text } = output as { name: 'stdout' | 'stderr'; text: string | string[] };
      printed[name] += [text].flat().join('');
    } else if (output.output_type === 'error') {
      errors.push(output.ename);
    } else {
      const { data } = output as { data?: Record<string, unknown> };
      if (data?.['image/png'] !== undefined) figures.push(String(data['image/png']).trim());
    }
  }
  // A kernel shows a traceback as an output, a plain interpreter prints it.
  const stderr = errors.length > 0 ? '' : withoutPlaces(printed.stderr);
  return JSON.stringify([printed.stdout, stderr, figures, errors]);
}

/** Warnings name and quote the line of code, as far as it can be found: a plain interpreter cannot. */
function withoutPlaces(text: string): string {
  return text.replaceAll(/^.*:\d+: (\w*Warning: .*\n)(?: {2}.*\n)?/gm, '$1');
}
