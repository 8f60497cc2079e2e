import { createHash } from 'node:crypto';
import { seededRandom } from '@eager/generation';
import type { ContenderName } from './contenders/index.js';
import type { EnvironmentName } from './environments/index.js';
import { paced, tokensOf } from './pace.js';
import { MODEL_PROFILES, type Pace, RATES } from './profiles.js';
import type { Program, WorkloadName } from './workloads/index.js';

/** One program, written at one pace in one environment, run by each contender in turn. */
export interface Round {
  /** Says all of this, and is different for each round of a plan. */
  readonly key: string;
  readonly program: Program;
  readonly pace: Pace;
  readonly environment: EnvironmentName;
  /** In the order in which they run. It rotates, so that none is always the first. */
  readonly contenders: readonly ContenderName[];
  /** For the jitter of the pace. */
  readonly seed: number;
}

export interface Plan {
  readonly extent: Extent;
  readonly seed: number;
  readonly rounds: readonly Round[];
  /** Differs for plans that differ, the texts of the programs included. */
  readonly digest: string;
}

/** `quick`: a look, in under three minutes. `default`: what a report is made of. `full`: every program, for hours. */
export type Extent = 'quick' | 'default' | 'full';

export interface PlanInput {
  readonly extent: Extent;
  readonly seed: number;
  /** All programs that this Python can run. */
  readonly programs: readonly Program[];
  /** The environments that there are on this machine. */
  readonly environments: readonly EnvironmentName[];
}

/** What is measured, in what order. The same input gives the same plan. */
export function planOf(input: PlanInput): Plan {
  const { extent, seed, environments } = input;
  const series = SERIES[extent].filter(({ environment }) => environments.includes(environment));
  const rounds = new Map<string, Omit<Round, 'contenders' | 'seed'> & Pick<Series, 'contenders'>>();
  for (const { environment, paces, programs, contenders, sets } of series) {
    const candidates = input.programs.filter(({ set }) => sets?.includes(set) ?? true);
    for (const program of workloadsOf(candidates).flatMap((all) => choose(all, programs))) {
      for (const pace of paces) {
        const key = `${program.set}/${program.name}@${pace.name}@${environment}`;
        const others = rounds.get(key)?.contenders ?? [];
        rounds.set(key, {
          ...{ key, program, pace, environment },
          contenders: [...new Set([...others, ...contenders])],
        });
      }
    }
  }
  const planned = shuffled([...rounds.values()], seed).map((round, index) => ({
    ...round,
    contenders: rotated(round.contenders, index),
    seed: hashOf(`${seed} ${round.key}`),
  }));
  const described = planned.map(({ key, program, contenders, seed, pace }) => {
    return [key, program.text, contenders, seed, pace];
  });
  const digest = createHash('sha256').update(JSON.stringify(described)).digest('hex').slice(0, 16);
  return { extent, seed, rounds: planned, digest };
}

/** How long a round takes at least, in milliseconds: each contender waits for the whole text. */
export function writingMs({ program, pace, contenders, seed }: Round): number {
  return contenders.length * (paced(program.text, pace, seed).at(-1)?.atMs ?? 0);
}

/** A part of a plan that varies one thing. */
interface Series {
  readonly environment: EnvironmentName;
  readonly paces: readonly Pace[];
  /** How many programs of each workload: the one of median length, or so many over all lengths. */
  readonly programs: number;
  readonly contenders: readonly ContenderName[];
  /** By default all. */
  readonly sets?: readonly WorkloadName[];
}

const LOCAL: readonly ContenderName[] = ['serial', 'eager', 'request-per-batch', 'paper-recipe'];
const REMOTE: readonly ContenderName[] = ['serial', 'eager', 'request-per-batch', 'stock-client'];
const PAIR: readonly ContenderName[] = ['serial', 'eager'];
const WITH_PAPER: readonly ContenderName[] = ['serial', 'eager', 'paper-recipe'];

/** Writing the long programs at the lowest rate would take longer than all the rest. */
const SHORT: readonly WorkloadName[] = ['plots', 'functions', 'analysis', 'execution-heavy'];

/** Where much of the work hides behind the writing, and where most of it cannot. */
const OPPOSITES: readonly WorkloadName[] = ['analysis', 'execution-heavy'];

const at = (...rates: readonly number[]) =>
  RATES.filter(({ tokensPerSecond }) => rates.includes(tokensPerSecond));

const SERIES: Readonly<Record<Extent, readonly Series[]>> = {
  quick: [
    { environment: 'embedded', paces: at(200), programs: 1, contenders: WITH_PAPER },
    { environment: 'server', paces: at(200), programs: 1, contenders: REMOTE, sets: ['analysis'] },
  ],
  default: [
    { environment: 'embedded', paces: at(100), programs: 3, contenders: LOCAL },
    { environment: 'embedded', paces: at(50, 200), programs: 1, contenders: WITH_PAPER },
    { environment: 'embedded', paces: at(20), programs: 1, contenders: PAIR, sets: SHORT },
    { environment: 'embedded', paces: MODEL_PROFILES, programs: 1, contenders: PAIR, sets: OPPOSITES },
    { environment: 'sandbox', paces: at(100), programs: 1, contenders: PAIR },
    { environment: 'server', paces: at(100), programs: 1, contenders: REMOTE },
    { environment: 'delayed-server', paces: at(100), programs: 1, contenders: REMOTE },
  ],
  full: [
    { environment: 'embedded', paces: [...RATES, ...MODEL_PROFILES], programs: Infinity, contenders: LOCAL },
    { environment: 'sandbox', paces: at(100), programs: Infinity, contenders: PAIR },
    { environment: 'server', paces: at(100), programs: Infinity, contenders: REMOTE },
    { environment: 'delayed-server', paces: at(100), programs: Infinity, contenders: REMOTE },
  ],
};

function workloadsOf(programs: readonly Program[]): Program[][] {
  const sets = [...new Set(programs.map(({ set }) => set))];
  return sets.map((set) => programs.filter((program) => program.set === set));
}

/** Programs that are spread evenly over all lengths; a single one is that of median length. */
function choose(programs: readonly Program[], count: number): Program[] {
  const byLength = programs
    .map((program) => ({ program, length: tokensOf(program.text).length }))
    .toSorted((a, b) => a.length - b.length || (a.program.name < b.program.name ? -1 : 1))
    .map(({ program }) => program);
  if (count >= byLength.length) return byLength;
  return Array.from(
    { length: count },
    (_, i) => byLength[Math.floor(((i + 0.5) / count) * byLength.length)],
  ).filter((program) => program !== undefined);
}

function rotated<T>(items: readonly T[], by: number): T[] {
  const first = by % Math.max(1, items.length);
  return [...items.slice(first), ...items.slice(0, first)];
}

/** What is alike is spread over the whole run, so that a busy minute of the machine falls upon a bit of everything. */
function shuffled<T>(items: readonly T[], seed: number): T[] {
  const random = seededRandom(seed);
  const keyed = items.map((item) => ({ item, place: random() }));
  return keyed.toSorted((a, b) => a.place - b.place).map(({ item }) => item);
}

/** An integer that follows from a text. */
function hashOf(text: string): number {
  return createHash('sha256').update(text).digest().readInt32BE(0);
}
