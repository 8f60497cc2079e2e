import { existsSync, readFileSync } from 'node:fs';
import { type Chunk, effects, paper } from '@eager/detection';
import { paceText, type Token } from '@eager/generation';
import { finishTimes, type Job } from '@eager/latency';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OpenRun } from './open-run.js';
import { Scene } from './scene.js';

const folder = new URL('../../../shared/workloads/', import.meta.url);

/** How many programs of each set run; all of them with `EAGER_WORKLOADS=all`. */
const SAMPLE = process.env.EAGER_WORKLOADS === 'all' ? Number.POSITIVE_INFINITY : 8;

/** How fast the programs would be written. */
const PACE = { tokensPerSecond: 50 };

/** What `effects` may lose of the time that is overlapped without a gate. */
const MAX_LOSS = 0.05;

describe.skipIf(!existsSync(folder))('what a gate leaves of the overlap', () => {
  let scene: Scene | undefined;
  beforeAll(async () => {
    scene = await Scene.open();
  });
  afterAll(() => scene?.[Symbol.asyncDispose]());

  it.each([
    ['plots.jsonl', () => true],
    ['functions.jsonl', isInstalled],
  ])(
    'on %s',
    async (file, isChosen) => {
      if (!scene) throw new Error('The scene is open while tests run.');
      const programs: Program[] = [];
      for (const { id, code, requires } of sampled(file, isChosen)) {
        await scene.begin({ name: id, earlier: '' });
        const program = await measured(scene, `${code.trimEnd()}\n`);
        if (program) programs.push(program);
        else console.log(`${id} does not run with what is installed here (${requires ?? 'no requirements'})`);
      }
      const withoutGate = overlapOf(programs, withoutHolds);
      const rows = [
        ['off', withoutHolds],
        ['effects', held],
        ['paper', heldByPaper],
      ] as const;
      for (const [name, jobs] of rows) {
        const untouched = programs.filter(
          (program) => overlapOf([program], jobs) >= overlapOf([program], withoutHolds) - 0.01,
        );
        const share = overlapOf(programs, jobs) / withoutGate;
        const endless = executedIfEndless(programs, jobs) / executedIfEndless(programs, withoutHolds);
        console.log(
          `${file} ${name.padEnd(8)} keeps ${percent(share)} of the overlapped time (${percent(endless)} if generation never ended), all of it in ${untouched.length} of ${programs.length} programs`,
        );
      }
      expect(programs.length).toBeGreaterThan(0);
      // How much that is depends on the machine, so it is told and not asserted.
      const isMet = overlapOf(programs, held) >= (1 - MAX_LOSS) * withoutGate;
      console.log(`${file} ${isMet ? 'met' : 'NOT MET'}: effects loses at most ${percent(MAX_LOSS)}`);
      for (const { reasons } of programs)
        for (const reason of reasons) expect(reason).toMatch(/^writes file /);
    },
    600_000,
  );
});

/** A program that has run under `effects`. Times are milliseconds. */
interface Program {
  readonly generationMs: number;
  readonly statements: readonly Statement[];
  /** Why it was held. */
  readonly reasons: readonly string[];
}

interface Statement {
  readonly chunk: Chunk;
  /** When it would be complete at the pace. */
  readonly closedAtMs: number;
  readonly durationMs: number;
  /** How long it ran before it was held: 0 if it was held before its start, undefined if it was not held. */
  readonly ranBeforeMs: number | undefined;
}

/** Runs a program whose generation does not end before all has happened that may; undefined when it raises. */
async function measured(scene: Scene, code: string): Promise<Program | undefined> {
  const run = new OpenRun(scene.kernel, code, effects());
  await run.settled();
  await run.end();
  if (run.error) return undefined;
  const holds = run.of('verdict').filter(({ verdict }) => verdict.kind === 'hold');
  const held = holds[0];
  const startedAtMs = run.of('started').find(({ chunk }) => chunk.id === held?.chunk.id)?.atMs ?? 0;
  const tokens = paceText(code, PACE);
  const durations = new Map(run.of('finished').map(({ chunk, durationMs }) => [chunk.id, durationMs]));
  return {
    generationMs: tokens.at(-1)?.atMs ?? 0,
    reasons: run.reasons('hold'),
    statements: run.of('chunk').map(({ chunk }) => ({
      chunk,
      closedAtMs: arrivalOf(chunk.to, tokens),
      durationMs: durations.get(chunk.id) ?? 0,
      ranBeforeMs: chunk.id === held?.chunk.id ? Math.max(0, held.atMs - startedAtMs) : undefined,
    })),
  };
}

function arrivalOf(offset: number, tokens: readonly Token[]): number {
  let end = 0;
  for (const { text, atMs } of tokens) {
    end += text.length;
    if (end >= offset) return atMs;
  }
  return tokens.at(-1)?.atMs ?? 0;
}

/** When the parts of a program may start, and how long they take. */
type Jobs = (program: Program) => Job[];

function withoutHolds({ statements }: Program): Job[] {
  return statements.map(({ closedAtMs, durationMs }) => ({ releasedAtMs: closedAtMs, durationMs }));
}

/** As the run under `effects` was held: what ran of the held statement is a job of its own. */
function held({ statements, generationMs }: Program): Job[] {
  let notBeforeMs = 0;
  return statements.flatMap(({ closedAtMs, durationMs, ranBeforeMs }) => {
    const rest = (ms: number) => ({ releasedAtMs: Math.max(closedAtMs, notBeforeMs), durationMs: ms });
    if (ranBeforeMs === undefined) return [rest(durationMs)];
    const ranMs = Math.min(ranBeforeMs, durationMs);
    const before = rest(ranMs);
    notBeforeMs = generationMs;
    return [before, rest(durationMs - ranMs)];
  });
}

/** As `paper` would hold it, and join it. */
function heldByPaper({ statements, generationMs }: Program): Job[] {
  const policy = paper();
  let notBeforeMs = 0;
  return statements.map(({ chunk, closedAtMs, durationMs }, index) => {
    const verdict = policy.judge(chunk, []);
    const kind = 'kind' in verdict ? verdict.kind : 'run';
    if (kind === 'hold') notBeforeMs = generationMs;
    const readyAtMs = kind === 'join' ? (statements[index + 1]?.closedAtMs ?? generationMs) : closedAtMs;
    return { releasedAtMs: Math.max(readyAtMs, notBeforeMs), durationMs };
  });
}

/** The time of execution that falls before the end of generation, in milliseconds, over all programs. */
function overlapOf(programs: readonly Program[], jobsOf: Jobs): number {
  return programs.reduce((sum, program) => {
    const jobs = jobsOf(program);
    const executionMs = jobs.reduce((total, { durationMs }) => total + durationMs, 0);
    const overAtMs = finishTimes(jobs, 0).at(-1) ?? 0;
    return sum + executionMs - Math.max(0, overAtMs - program.generationMs);
  }, 0);
}

/** What runs without waiting for the end of generation, in milliseconds, over all programs. */
function executedIfEndless(programs: readonly Program[], jobsOf: Jobs): number {
  return programs
    .flatMap((program) => jobsOf({ ...program, generationMs: Number.POSITIVE_INFINITY }))
    .filter(({ releasedAtMs }) => Number.isFinite(releasedAtMs))
    .reduce((sum, { durationMs }) => sum + durationMs, 0);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

interface Task {
  readonly id: string;
  readonly code: string;
  readonly requires?: string;
}

function sampled(file: string, isChosen: (task: Task) => boolean): Task[] {
  const tasks: Task[] = readFileSync(new URL(file, folder), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const chosen = tasks.filter(isChosen);
  const step = Math.max(1, Math.floor(chosen.length / SAMPLE));
  return chosen.filter((_, index) => index % step === 0);
}

/** Libraries that the tests' Python has anyway. */
function isInstalled({ requires = '' }: Task): boolean {
  return /^(numpy|pandas|matplotlib|seaborn|pillow)\b/.test(requires);
}
