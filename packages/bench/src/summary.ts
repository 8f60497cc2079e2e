import type { ContenderName } from './contenders/index.js';
import type { Run } from './measure.js';
import type { Results } from './results.js';
import { grouped, median, pairedRatios, quantile, type Spread, spread } from './statistics.js';

/** What a project promises, as a ratio or a time in one series, and what was measured. */
export interface Target {
  readonly name: string;
  /** `≥ 99 %` */
  readonly promised: string;
  /** `97.3 %`; undefined when the series has nothing to judge by. */
  readonly measured: string | undefined;
  readonly isMet: boolean;
  /** What was measured less what was promised, for people; empty when it is met. */
  readonly shortfall: string;
  /** How many runs it was judged by. */
  readonly count: number;
}

/** A program has to run for this long in a serial run, for its wait to be worth speaking of. */
const NOTABLE_EXECUTION_MS = 500;

/** A run with the serial run of the same round. */
export interface Pair {
  readonly run: Run;
  readonly serial: Run;
  readonly workload: string;
  readonly program: string;
  readonly pace: string;
  readonly environment: string;
  readonly lowerMs: number | null;
  readonly key: string;
}

/** The runs of a contender beside the serial ones. Rounds without either are left out. */
export function pairsOf({ rounds }: Pick<Results, 'rounds'>, contender: ContenderName): Pair[] {
  return rounds.flatMap(({ runs, ...round }) => {
    const run = runs.find((candidate) => candidate.contender === contender);
    const serial = runs.find((candidate) => candidate.contender === 'serial');
    return run && serial ? [{ ...round, run, serial }] : [];
  });
}

export function isNotable({ serial }: Pair): boolean {
  return serial.executionMs >= NOTABLE_EXECUTION_MS;
}

/** How much of the serial run's wait after the last token a run has saved, from 0 to 1; below 0 if it waited longer. */
export function waitSaved({ run, serial }: Pair): number {
  return 1 - run.nonOverlappedMs / serial.nonOverlappedMs;
}

/**
 * How much of what any executor could have saved of the serial run's wait a run has saved, from 0 to 1: a program that
 * runs longer than it is written keeps its user waiting, whoever runs it. Undefined where nothing could be saved.
 */
export function avoidableWaitSaved({ run, serial, lowerMs }: Pair): number | undefined {
  if (lowerMs === null || serial.endToEndMs <= lowerMs) return undefined;
  return (serial.endToEndMs - run.endToEndMs) / (serial.endToEndMs - lowerMs);
}

/** What the project promises, and how the series stands to it. */
export function targetsOf(results: Pick<Results, 'rounds'>): Target[] {
  const pairs = pairsOf(results, 'eager');
  const notable = pairs.filter(isNotable);
  const saved = notable.map(waitSaved);
  const toBound = pairs.flatMap(({ run }) => run.ratioToBound ?? []);
  const slower = pairs.map(({ run, serial }) => run.endToEndMs - serial.endToEndMs);
  const at100 = pairs.filter(({ pace }) => pace === '100');
  const cpu = at100.map(({ run }) => run.engineCpuMs / run.endToEndMs);
  return [
    atLeast('wait after the last token cut, best case', saved, Math.max(...saved), 0.999),
    atLeast('wait after the last token cut, median', saved, median(saved), 0.99),
    atMost('end to end ÷ lower bound, median', toBound, median(toBound), 1.02, asRatio),
    atMost('end to end ÷ lower bound, 95th percentile', toBound, quantile(toBound, 0.95), 1.05, asRatio),
    atMost('slower than serial, on any program', slower, Math.max(...slower), 5, asMs),
    aheadOfPaper(results),
    atMost('processor time of the engine at 100 tokens/s, median', cpu, median(cpu), 0.02, asShare),
    equalOutputs(pairs),
  ];
}

/** The targets as lines for a terminal. */
export function targetLines(results: Pick<Results, 'rounds'>): string[] {
  return targetsOf(results).map(({ name, promised, measured, isMet, shortfall }) => {
    if (measured === undefined) return `not measured: ${name}`;
    return `${isMet ? 'met' : 'NOT MET'}: ${name} ${measured}, promised ${promised}${shortfall && `; ${shortfall}`}`;
  });
}

/** End to end of one contender as a share of another's, round by round. */
export function ratios(
  { rounds }: Pick<Results, 'rounds'>,
  contender: ContenderName,
  base: ContenderName,
): { readonly workload: string; readonly ratios: readonly number[] }[] {
  const pairs = rounds.flatMap(({ workload, runs }) => {
    const one = runs.find((run) => run.contender === contender);
    const other = runs.find((run) => run.contender === base);
    return one && other ? [{ workload, pair: [one.endToEndMs, other.endToEndMs] as const }] : [];
  });
  return [...grouped(pairs, ({ workload }) => workload)].map(([workload, of]) => ({
    workload,
    ratios: pairedRatios(of.map(({ pair }) => pair)),
  }));
}

/** The figures of a contender over all its rounds. */
export interface ContenderSummary {
  readonly contender: ContenderName;
  readonly count: number;
  readonly ratioToSerial: Spread;
  readonly ratioToBound: Spread;
  readonly nonOverlappedMs: Spread;
  readonly cpuShare: Spread;
  readonly equal: { readonly cell: number; readonly content: number };
}

export function summaryOf(results: Pick<Results, 'rounds'>, contender: ContenderName): ContenderSummary {
  const runs = pairsOf(results, contender).map(({ run }) => run);
  return {
    contender,
    count: runs.length,
    ratioToSerial: spread(runs.flatMap(({ ratioToSerial }) => ratioToSerial ?? [])),
    ratioToBound: spread(runs.flatMap(({ ratioToBound }) => ratioToBound ?? [])),
    nonOverlappedMs: spread(runs.map(({ nonOverlappedMs }) => nonOverlappedMs)),
    cpuShare: spread(runs.map(({ engineCpuMs, endToEndMs }) => engineCpuMs / endToEndMs)),
    equal: {
      cell: runs.filter(({ equality }) => equality === 'cell').length,
      content: runs.filter(({ equality }) => equality === 'content').length,
    },
  };
}

export const asShare = (value: number) => `${signed(trimmed(100 * value))} %`;
export const asRatio = (value: number) => value.toFixed(3);
export const asMs = (value: number) => `${signed(value.toFixed(Math.abs(value) < 10 ? 1 : 0))} ms`;

function aheadOfPaper(results: Pick<Results, 'rounds'>): Target {
  const medians = ratios(results, 'eager', 'paper-recipe').map(({ workload, ratios }) => ({
    workload,
    ratio: median(ratios),
    count: ratios.length,
  }));
  const behind = medians.filter(({ ratio }) => ratio >= 1);
  const worst = Math.max(...medians.map(({ ratio }) => ratio));
  return {
    name: 'end to end ÷ the paper’s recipe, the worst workload’s median',
    promised: '< 1',
    measured: medians.length === 0 ? undefined : asRatio(worst),
    isMet: medians.length > 0 && behind.length === 0,
    shortfall: behind.map(({ workload, ratio }) => `${workload}: ${asRatio(ratio)}`).join(', '),
    count: medians.reduce((sum, { count }) => sum + count, 0),
  };
}

function equalOutputs(pairs: readonly Pair[]): Target {
  const different = pairs.filter(({ run }) => run.equality !== 'cell');
  return {
    name: 'outputs equal to the serial run’s, byte for byte',
    promised: 'all',
    measured: pairs.length === 0 ? undefined : `${pairs.length - different.length} of ${pairs.length}`,
    isMet: pairs.length > 0 && different.length === 0,
    shortfall: different.map(({ key }) => key).join(', '),
    count: pairs.length,
  };
}

function atLeast(name: string, values: readonly number[], measured: number, limit: number): Target {
  const isMet = values.length > 0 && measured >= limit;
  const shortfall =
    isMet || values.length === 0 ? '' : `short by ${trimmed(100 * (limit - measured))} points`;
  return judged(name, values, `≥ ${asShare(limit)}`, asShare(measured), isMet, shortfall);
}

function atMost(
  name: string,
  values: readonly number[],
  measured: number,
  limit: number,
  shown: (value: number) => string,
): Target {
  const isMet = values.length > 0 && measured <= limit;
  const shortfall = isMet || values.length === 0 ? '' : `over by ${shown(measured - limit)}`;
  return judged(name, values, `≤ ${shown(limit)}`, shown(measured), isMet, shortfall);
}

function judged(
  name: string,
  values: readonly number[],
  promised: string,
  measured: string,
  isMet: boolean,
  shortfall: string,
): Target {
  const { length: count } = values;
  return { name, promised, measured: count === 0 ? undefined : measured, isMet, shortfall, count };
}

/** With a true minus. */
function signed(number: string): string {
  return number.replace('-', '−');
}

/** More decimals near the ends of the scale, where they matter. */
function trimmed(percent: number): string {
  const toEnd = Math.min(Math.abs(percent), Math.abs(100 - percent));
  return Number(percent.toFixed(toEnd < 0.2 ? 3 : toEnd < 2 ? 2 : 1)).toString();
}
