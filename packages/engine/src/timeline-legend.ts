import { element, text } from './svg.js';
import type { Timeline } from './timeline.js';

/** Explains the marks that the pictures of these runs hold, and no others. */
export function drawLegend(
  timelines: readonly Timeline[],
  left: number,
  top: number,
): { markup: string; height: number } {
  const items = legendItems.filter(({ appliesTo }) => timelines.some(appliesTo));
  const markup = items.map(({ meaning, sample }, index) => {
    const x = left + (index % COLUMNS) * COLUMN_WIDTH;
    const y = top + Math.floor(index / COLUMNS) * ROW_HEIGHT;
    return element('g', { transform: `translate(${x} ${y})` }, sample, text(32, 10, 'key', meaning));
  });
  return {
    markup: element('g', { class: 'legend' }, ...markup),
    height: Math.ceil(items.length / COLUMNS) * ROW_HEIGHT,
  };
}

const COLUMNS = 3;
const COLUMN_WIDTH = 322;
const ROW_HEIGHT = 24;

interface LegendItem {
  readonly meaning: string;
  /** Drawn in a box of 22 × 12 whose origin is its top left corner. */
  readonly sample: string;
  readonly appliesTo: (timeline: Timeline) => boolean;
}

const hasTokens = ({ lastTokenMs }: Timeline) => lastTokenMs !== undefined;
const hasRun = ({ statements }: Timeline) => statements.some(({ startedAtMs }) => startedAtMs !== undefined);

const legendItems: readonly LegendItem[] = [
  {
    meaning: 'wait for the first token (TTFT)',
    sample: element('rect', { class: 'pause', width: 22, height: 12 }),
    appliesTo: hasTokens,
  },
  {
    meaning: 'tokens; height is their rate',
    sample: element('path', { class: 'tokens', d: 'M0 12V4H7V1H14V6H22V12Z' }),
    appliesTo: hasTokens,
  },
  {
    meaning: 'end of generation',
    sample: element('path', { class: 'last-token', d: 'M11 -2V14' }),
    appliesTo: hasTokens,
  },
  {
    meaning: 'a statement is complete',
    sample: element('path', { class: 'closed', d: 'M4 0v12M11 0v12M18 0v12' }),
    appliesTo: ({ statements }) => statements.length > 0,
  },
  {
    meaning: 'goes to the kernel; slanted if it waits',
    sample: element('path', { class: 'waits', d: 'M4 0v12M10 0L20 12' }),
    appliesTo: hasRun,
  },
  {
    meaning: 'runs; paler where short ones merge',
    sample: element('rect', { class: 'bar', width: 22, height: 12, rx: 2 }),
    appliesTo: hasRun,
  },
  {
    meaning: 'lower bound: no in-order run ends earlier',
    sample: element('path', { class: 'lower-bound', d: 'M11 -2V14' }),
    appliesTo: hasTokens,
  },
  {
    meaning: 'held until the end of generation',
    sample: element('rect', { class: 'held', width: 22, height: 12 }),
    appliesTo: ({ statements }) => statements.some(({ held }) => held !== undefined),
  },
  {
    meaning: 'last value and figures are shown',
    sample: element('rect', { class: 'bar closing', width: 22, height: 12, rx: 2 }),
    appliesTo: ({ closing }) => (closing?.durationMs ?? 0) > 0,
  },
  {
    meaning: 'failed',
    sample: element('rect', { class: 'bar failed', width: 22, height: 12, rx: 2 }),
    appliesTo: ({ statements }) => statements.some(({ status }) => status === 'failed'),
  },
  {
    meaning: 'still running',
    sample: element('rect', { class: 'bar running', width: 22, height: 12, rx: 2 }),
    appliesTo: ({ statements }) => statements.some(({ status }) => status === 'running'),
  },
];
