import { copyFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Chunk, effects, paper } from '@eager/detection';
import { paceText, type Token } from '@eager/generation';
import { finishTimes, type Job } from '@eager/latency';
import { describe, expect, it } from 'vitest';
import { analyses, functions, type Program, plots, runnable } from '../equivalence/corpora.js';
import { OpenRun } from './open-run.js';
import { Scene } from './scene.js';

/** How many programs of each set run; all of them with `EAGER_WORKLOADS=all`. */
const SAMPLE = process.env.EAGER_WORKLOADS === 'all' ? Number.POSITIVE_INFINITY : 4;

/** How fast the programs would be written. */
const PACE = { tokensPerSecond: 50 };

/** What `effects` may lose of the time that is overlapped without a gate. */
const MAX_LOSS = 0.05;

const sets: readonly (readonly [name: string, programs: readonly Program[]])[] = [
  ['plots', plots()],
  ['functions', functions()],
  ['analysis', analyses()],
];

describe.skipIf(sets.every(([, programs]) => programs.length === 0))(
  'what a gate leaves of the overlap',
  () => {
    it('is told for each set, and `effects` leaves nearly all', async () => {
      const all: MeasuredProgram[] = [];
      for (const [name, programs] of sets) {
        const measured = await inTurn(sampled(runnable(programs)));
        report(name, measured);
        all.push(...measured);
      }
      report('all', all);
      for (const { reasons } of all) for (const reason of reasons) expect(reason).toMatch(/^writes file /);
      expect(overlapOf(all, held)).toBeGreaterThanOrEqual((1 - MAX_LOSS) * overlapOf(all, withoutHolds));
    }, 600_000);
  },
);

/** Measures programs, each on a kernel of its own: what it imports is a part of what it executes. */
async function inTurn(programs: readonly Program[]): Promise<MeasuredProgram[]> {
  const all: MeasuredProgram[] = [];
  for (const { name, text, files } of programs) {
    await using scene = await Scene.open();
    const folder = await scene.begin({ name, earlier: '' });
    for (const file of files) copyFileSync(file, join(folder, basename(file)));
    const program = await measured(scene, text);
    if (program) all.push(program);
  }
  return all;
}

function report(set: string, programs: readonly MeasuredProgram[]): void {
  const policies = [
    ['off', withoutHolds],
    ['effects', held],
    ['paper', heldByPaper],
  ] as const;
  for (const [policy, jobs] of policies) {
    const untouched = programs.filter(
      (program) => overlapOf([program], jobs) >= overlapOf([program], withoutHolds) - 0.01,
    );
    const share = overlapOf(programs, jobs) / overlapOf(programs, withoutHolds);
    console.log(
      `${set.padEnd(9)} ${policy.padEnd(8)} keeps ${percent(share)} of the overlapped time, all of it in ${untouched.length} of ${programs.length} programs`,
    );
  }
}

/** A program that has run under `effects`. Times are milliseconds. */
interface MeasuredProgram {
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
async function measured(scene: Scene, code: string): Promise<MeasuredProgram | undefined> {
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
type Jobs = (program: MeasuredProgram) => Job[];

function withoutHolds({ statements }: MeasuredProgram): Job[] {
  return statements.map(({ closedAtMs, durationMs }) => ({ releasedAtMs: closedAtMs, durationMs }));
}

/** As the run under `effects` was held: what ran of the held statement is a job of its own. */
function held({ statements, generationMs }: MeasuredProgram): Job[] {
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
function heldByPaper({ statements, generationMs }: MeasuredProgram): Job[] {
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
function overlapOf(programs: readonly MeasuredProgram[], jobsOf: Jobs): number {
  return programs.reduce((sum, program) => {
    const jobs = jobsOf(program);
    const executionMs = jobs.reduce((total, { durationMs }) => total + durationMs, 0);
    const overAtMs = finishTimes(jobs, 0).at(-1) ?? 0;
    return sum + executionMs - Math.max(0, overAtMs - program.generationMs);
  }, 0);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function sampled(programs: readonly Program[]): readonly Program[] {
  const step = Math.max(1, Math.floor(programs.length / SAMPLE));
  return programs.filter((_, index) => index % step === 0);
}
