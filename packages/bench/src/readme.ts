import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FILES } from './bench.js';
import { described } from './machine.js';
import { reportHtml } from './report/index.js';
import { parseResults, type Results } from './results.js';
import { median } from './statistics.js';
import {
  asRatio,
  asShare,
  avoidableWaitSaved,
  isNotable,
  pairsOf,
  ratios,
  summaryOf,
  waitSaved,
} from './summary.js';

/** The series that the project shows, and the file that tells of it. */
const REPORT = fileURLToPath(new URL('../report/', import.meta.url));
const README = fileURLToPath(new URL('../../../README.md', import.meta.url));

const BEGIN = '<!-- figures of the bench: npm run bench -- --readme -->';
const END = '<!-- end of the figures -->';

/** Writes the committed report anew from its results, and its figures into the README, between their marks. */
export function writeReadme(): void {
  const results = parseResults(readFileSync(join(REPORT, FILES.results), 'utf8'));
  writeFileSync(join(REPORT, FILES.report), reportHtml(results));
  writeFileSync(README, withFigures(readFileSync(README, 'utf8'), figuresText(results)));
}

/**
 * A text with other figures between its marks.
 *
 * @throws Error when the marks are not there
 */
export function withFigures(text: string, figures: string): string {
  const [before, rest] = split(text, BEGIN);
  const [, after] = split(rest, END);
  return `${before}${BEGIN}\n${figures}\n${END}${after}`;
}

/** What a reader should know of a series, in Markdown. */
export function figuresText(results: Results): string {
  const { ratioToSerial, ratioToBound, cpuShare, equal, count } = summaryOf(results, 'eager');
  const saved = pairsOf(results, 'eager').filter(isNotable).map(waitSaved);
  const avoidable = pairsOf(results, 'eager')
    .filter(isNotable)
    .flatMap((pair) => avoidableWaitSaved(pair) ?? []);
  const toPaper = ratios(results, 'eager', 'paper-recipe').flatMap((each) => each.ratios);
  const rows = [
    ['wait after the last token that is gone (programs that run ≥ 0.5 s)', asShare(median(saved))],
    ['the same, of what any executor could have saved', asShare(median(avoidable))],
    ['end-to-end time that is saved', asShare(1 - ratioToSerial.median)],
    ['end-to-end time ÷ the lower bound', asRatio(ratioToBound.median)],
    ...(toPaper.length > 0
      ? [['end-to-end time ÷ that of the paper’s recipe, rebuilt', asRatio(median(toPaper))]]
      : []),
    ['processor time of the engine', `${asShare(cpuShare.median)} of a core`],
    ['runs with outputs equal to the serial run’s, byte for byte', `${equal.cell} of ${count}`],
  ];
  return [
    '| medians of paired runs | |',
    '|---|---|',
    ...rows.map((row) => `| ${row.join(' | ')} |`),
    '',
    `${count} pairs of runs, measured on ${results.measuredAt} on ${described(results.machine, results.versions)}.`,
  ].join('\n');
}

function split(text: string, mark: string): readonly [before: string, after: string] {
  const at = text.indexOf(mark);
  if (at < 0) throw new Error(`The README has no line "${mark}": put it where the figures are to stand.`);
  return [text.slice(0, at), text.slice(at + mark.length)];
}
