import { formatMs, formatShare, type Timeline } from '@eager/engine';
import { truncate, widthOf } from './text.js';
import type { Theme } from './theme.js';

/** One program, run in both ways. */
export interface SerialAndEager {
  readonly serial: Timeline;
  readonly eager: Timeline;
}

/**
 * Draws both runs under each other on one axis, in characters, and says below what was saved and how much more could
 * have been.
 *
 * Each run has a lane for writing, from the wait for the first token to the last one, and one for running, where the
 * height of a character is the share of its time that the kernel was busy.
 */
export function comparisonLines({ serial, eager }: SerialAndEager, columns: number, theme: Theme): string[] {
  const width = Math.max(MIN_WIDTH, columns - 1 - LABEL_WIDTH - TIME_WIDTH);
  const spanMs = Math.max(serial.endToEndMs, eager.endToEndMs, eager.bounds.lowerMs) || 1;
  const axis: Axis = { width, spanMs };
  const drawing = [
    ...runLanes('Serial', serial, axis, theme),
    ...runLanes('Eager', eager, axis, theme),
    boundLane(eager.bounds.lowerMs, axis, theme),
    label('', '', theme) + theme.faint(ticks(axis)),
  ];
  return [
    ...drawing.map((row) => truncate(row.trimEnd(), columns - 1)),
    '',
    ...verdict(serial, eager, theme),
  ];
}

/** What was saved, and how far from the best possible the eager run stayed. */
function verdict(serial: Timeline, eager: Timeline, theme: Theme): string[] {
  const savedMs = serial.endToEndMs - eager.endToEndMs;
  const share = serial.endToEndMs > 0 ? ` (${formatShare(Math.abs(savedMs) / serial.endToEndMs)})` : '';
  const amount = formatMs(Math.abs(savedMs));
  const { excessMs } = eager.distance;
  return [
    savedMs >= 0
      ? theme.good(theme.strong(`saved ${amount}${share}`))
      : theme.bad(`${amount} slower${share}`),
    `${formatMs(Math.max(0, excessMs))} above the lower bound of ${formatMs(eager.bounds.lowerMs)}`,
  ];
}

interface Axis {
  /** In characters. */
  readonly width: number;
  readonly spanMs: number;
}

const LABEL_WIDTH = 16;
const TIME_WIDTH = 10;
const MIN_WIDTH = 10;

function runLanes(name: string, timeline: Timeline, axis: Axis, theme: Theme): string[] {
  const { endToEndMs } = timeline;
  const running = runningLane(timeline, axis);
  const time = theme.strong(formatMs(endToEndMs));
  return [
    `${label(theme.strong(name), 'writing', theme)}${writingLane(timeline, axis, theme)}`,
    `${label('', 'running', theme)}${theme.good(running)}  ${time}`,
  ];
}

function label(name: string, lane: string, theme: Theme): string {
  return `${name}${' '.repeat(Math.max(0, 8 - widthOf(name)))}${theme.faint(lane.padEnd(LABEL_WIDTH - 8))}`;
}

function writingLane({ ttftMs, bounds }: Timeline, axis: Axis, theme: Theme): string {
  if (ttftMs === undefined) return '';
  const first = cellOf(ttftMs, axis);
  const last = cellOf(bounds.generationMs, axis);
  return `${theme.faint('·'.repeat(first))}${theme.definition(`${'━'.repeat(last - first)}┫`)}`;
}

/** Up to the run's last result, each character as high as the kernel was busy. */
function runningLane({ statements, closing, endToEndMs }: Timeline, axis: Axis): string {
  const cellMs = axis.spanMs / axis.width;
  const busyMs = new Array<number>(axis.width).fill(0);
  for (const { startedAtMs, finishedAtMs, durationMs } of [...statements, ...(closing ? [closing] : [])]) {
    if (startedAtMs === undefined || finishedAtMs === undefined) continue;
    // The statements of a serial run have no durations of their own: all of them last as long as the program.
    const endMs = durationMs === undefined ? finishedAtMs : startedAtMs + durationMs;
    for (let cell = cellOf(startedAtMs, axis); cell <= cellOf(endMs, axis); cell++) {
      const overlap = Math.min(endMs, (cell + 1) * cellMs) - Math.max(startedAtMs, cell * cellMs);
      busyMs[cell] = (busyMs[cell] ?? 0) + Math.max(0, overlap);
    }
  }
  return busyMs
    .slice(0, cellOf(endToEndMs, axis) + 1)
    .map((ms) => HEIGHTS[heightOf(Math.min(1, ms / cellMs))])
    .join('');
}

/** From idle to busy all the time. What ran at all can be seen. */
const HEIGHTS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

function heightOf(busyShare: number): number {
  return Math.ceil(busyShare * (HEIGHTS.length - 1) - ROUNDING_ERROR);
}

/** Sums of floating point numbers can end a hair above what they should be. */
const ROUNDING_ERROR = 1e-6;

/** Where the eager run could have ended at best. */
function boundLane(lowerMs: number, axis: Axis, theme: Theme): string {
  const mark = `${' '.repeat(cellOf(lowerMs, axis))}▲`;
  return `${label('', 'bound', theme)}${theme.active(mark)}  ${theme.faint(formatMs(lowerMs))}`;
}

const TICK_STEPS_S = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600];
const MIN_TICK_COLUMNS = 9;

/** Times along the axis, each beginning at its place. */
function ticks(axis: Axis): string {
  const columnsPerSecond = (axis.width / axis.spanMs) * 1000;
  const stepS =
    TICK_STEPS_S.find((step) => step * columnsPerSecond >= MIN_TICK_COLUMNS) ?? axis.spanMs / 1000;
  const spanS = axis.spanMs / 1000;
  let row = '';
  for (let tick = 0; tick * stepS <= spanS; tick++) {
    const time = `${Number((tick * stepS).toPrecision(6))} s`;
    row = row.padEnd(cellOf(tick * stepS * 1000, axis)) + time;
  }
  return row;
}

function cellOf(atMs: number, { width, spanMs }: Axis): number {
  return Math.min(width - 1, Math.max(0, Math.floor((atMs / spanMs) * width)));
}
