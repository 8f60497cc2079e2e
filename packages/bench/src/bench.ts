import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONTENDERS, type ContenderName, type RunResult } from './contenders/index.js';
import {
  type Environment,
  type EnvironmentName,
  environmentsFor,
  refill,
  startEnvironment,
} from './environments/index.js';
import { thisMachine, versionsFor } from './machine.js';
import { type RoundResult, related } from './measure.js';
import { type MicroTable, measureMicro } from './micro/index.js';
import { paced, tokensOf } from './pace.js';
import { type Extent, type Plan, planOf, type Round, writingMs } from './plan.js';
import { Progress } from './progress.js';
import { Record } from './record.js';
import { reportHtml } from './report/index.js';
import { parseResults, type Results } from './results.js';
import { programsFor, type WorkloadName } from './workloads/index.js';

export interface BenchOptions {
  /** The interpreter of the kernels. */
  readonly python: string;
  /** Where results and report go; what is there already is not measured again. */
  readonly folder: string;
  readonly extent: Extent;
  readonly seed?: number;
  /** Only these workloads; by default all. */
  readonly workloads?: readonly WorkloadName[] | undefined;
  /** An interpreter that has pydantic-ai-harness, to compare our detection with. */
  readonly harnessPython?: string | undefined;
  /** Gets a line for each step. */
  readonly onProgress: (line: string) => void;
  /** Ends the series. What has been measured by then is kept, and not measured again. */
  readonly signal?: AbortSignal;
}

/** Files that a bench leaves in its folder. */
export const FILES = { rounds: 'rounds.jsonl', results: 'results.json', report: 'report.html' } as const;

/**
 * Runs the workloads by all contenders, side by side, and writes the results and a report about them.
 *
 * @returns the results that were written
 * @throws the signal's reason, when it is aborted
 */
export async function bench(options: BenchOptions): Promise<Results> {
  const { python, harnessPython, extent, seed = 1, workloads, onProgress, signal } = options;
  const programs = programsFor(python).filter(({ set }) => workloads?.includes(set) ?? true);
  const plan = planOf({ extent, seed, programs, environments: environmentsFor(python) });
  const isQuick = extent === 'quick';
  return measurePlan(plan, options, () =>
    measureMicro({ python, harnessPython, programs, isQuick, onProgress, signal }),
  );
}

/** Measures the rounds of a plan that have not been measured yet, then the parts, and writes results and report. */
export async function measurePlan(
  plan: Plan,
  options: Pick<BenchOptions, 'python' | 'folder' | 'onProgress' | 'signal'>,
  measureParts: () => Promise<MicroTable[]>,
): Promise<Results> {
  const { python, folder, onProgress, signal } = options;
  const { extent, seed, digest } = plan;
  const header = { extent, seed, digest, machine: thisMachine(), versions: versionsFor(python) };
  const record = Record.open(join(folder, FILES.rounds), header);
  await measureRounds(plan, record, python, onProgress, signal);
  signal?.throwIfAborted();
  const results: Results = {
    version: 1,
    measuredAt: new Date().toISOString().slice(0, 10),
    ...header,
    rounds: record.results,
    micro: await measureParts(),
  };
  const text = `${JSON.stringify(results)}\n`;
  writeFileSync(join(folder, FILES.results), text);
  // Of what was written: a report can be made anew from the file.
  writeFileSync(join(folder, FILES.report), reportHtml(parseResults(text)));
  return results;
}

async function measureRounds(
  plan: Plan,
  record: Record,
  python: string,
  onProgress: (line: string) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const missing = plan.rounds.filter(({ key }) => !record.has(key));
  if (missing.length < plan.rounds.length) {
    onProgress(`${plan.rounds.length - missing.length} of ${plan.rounds.length} rounds are there already`);
  }
  const [shortest] = missing.toSorted((a, b) => writingMs(a) - writingMs(b));
  if (shortest === undefined) return;
  await using environments = new Environments(python);
  const progress = new Progress(
    missing.reduce((sum, round) => sum + writingMs(round), writingMs(shortest)),
    onProgress,
  );
  // Compilers and caches are warmed by a round that does not count.
  await progress.step('warming up', writingMs(shortest), () => measureRound(shortest, environments, signal));
  for (const [index, round] of missing.entries()) {
    const name = `${index + 1} of ${missing.length} ${round.key}`;
    const result = await progress.step(name, writingMs(round), () =>
      measureRound(round, environments, signal),
    );
    record.add(result);
  }
}

/** The contenders of a round, one after the other, each with a kernel of its own. */
async function measureRound(
  round: Round,
  environments: Environments,
  signal: AbortSignal | undefined,
): Promise<RoundResult> {
  const { key, program, pace, seed } = round;
  const environment = await environments.get(round.environment);
  const tokens = paced(program.text, pace, seed);
  const results = new Map<ContenderName, RunResult>();
  for (const name of round.contenders) {
    signal?.throwIfAborted();
    refill(environment.folder, program.files);
    await using session = await CONTENDERS[name].open(environment);
    results.set(name, await untilAborted(session.run(tokens), signal));
  }
  const about = { key, workload: program.set, program: program.name, pace: pace.name };
  return related(
    { ...about, environment: round.environment, tokens: tokensOf(program.text).length },
    pace.ttftMs,
    results,
  );
}

/** The environments that have been needed so far. They stay until the end: a server takes seconds to start. */
class Environments implements AsyncDisposable {
  readonly #python: string;
  readonly #started = new Map<EnvironmentName, Promise<Environment>>();

  constructor(python: string) {
    this.#python = python;
  }

  get(name: EnvironmentName): Promise<Environment> {
    const started = this.#started.get(name) ?? startEnvironment(name, this.#python);
    this.#started.set(name, started);
    return started;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const starting of this.#started.values()) {
      const environment = await starting.catch(() => undefined);
      await environment?.[Symbol.asyncDispose]();
    }
  }
}

/** Leaves a run that goes on when the signal comes: disposing of its session ends it. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  work.catch(() => {});
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    signal.throwIfAborted();
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
