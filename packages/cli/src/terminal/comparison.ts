import type { RunEvent, Timeline } from '@eager/engine';
import { columnsOf, runView, type Streams, type TextStream } from './run-view.js';
import { themeFor } from './theme.js';
import { comparisonLines } from './timeline-text.js';

const HEADINGS = {
  serial: ['Serial', 'the whole program is written first, and then it runs'],
  eager: ['Eager', 'every statement runs as soon as it is complete'],
} as const;

/** Announces one of two runs that are compared, and shows it on the terminal while it happens. */
export function followRun(mode: 'serial' | 'eager', streams: Streams = process): (event: RunEvent) => void {
  const theme = themeFor(streams.stderr, streams.env);
  const [name, meaning] = HEADINGS[mode];
  streams.stderr.write(`\n${theme.strong(name)}  ${theme.faint(meaning)}\n\n`);
  return runView(streams).next;
}

/** A program after it has run in both ways. */
export interface ComparedRuns {
  readonly serial: { readonly timeline: Timeline };
  readonly eager: { readonly timeline: Timeline };
  /** How the outputs differ, a line for each difference. */
  readonly differences: readonly string[];
}

/** Both timelines, what was saved, and whether the outputs are equal: text for `stream`, in lines. */
export function comparisonText(
  { serial, eager, differences }: ComparedRuns,
  stream: TextStream = process.stdout,
  env: NodeJS.ProcessEnv = process.env,
): string {
  const theme = themeFor(stream, env);
  const runs = { serial: serial.timeline, eager: eager.timeline };
  const equality =
    differences.length === 0
      ? [theme.good('outputs equal')]
      : [theme.bad('outputs differ'), ...differences.map((difference) => `  ${difference}`)];
  const lines = ['', ...comparisonLines(runs, columnsOf(stream), theme), ...equality];
  return `${lines.join('\n')}\n`;
}
