import { formatMs } from '@eager/engine';
import { type CodeRow, chunkRows, cutRow, openRows } from './code-rows.js';
import { toRow, truncate, widthOf } from './text.js';
import type { Theme } from './theme.js';
import type { Settled, Step, Transcript } from './transcript.js';

/** The size of a terminal, in characters. */
interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** How settled parts and live rows are drawn: pure functions of what they show. */
export interface Style {
  readonly theme: Theme;
  readonly size: Size;
}

/** The rows of a part that will not change any more. Code is cut to the width; output is not, it is the program's result. */
export function settledRows(part: Settled, style: Style): string[] {
  switch (part.type) {
    case 'code':
      return stepRows(part.step, 0, style).map(drawn);
    case 'output':
      return outputRows(part.lines, style).map(({ row }) => row);
    case 'result':
      return [resultRow(part.step, 0, style)];
    case 'rest':
      return openRows(part.code, part.line).map((row) =>
        codeRow(row, { mark: style.theme.faint(MARKS.skipped), duration: '' }, style),
      );
  }
}

/**
 * What may still change, as rows that fit the terminal: the running step with its output, what waits, what arrives, and
 * a status line. When not all fit, the window follows the action: what runs stays at the top, what arrives at the
 * bottom, and a row between says how much is left out.
 */
export function liveRows(transcript: Transcript, nowMs: number, style: Style): string[] {
  const { theme, size } = style;
  const [first, ...others] = transcript.live;
  const running = first?.state === 'running' ? first : undefined;
  const waiting = running ? others : transcript.live;
  const head = [
    ...outputRows(transcript.lateLine === '' ? [] : [transcript.lateLine], style).map(toCut),
    ...(running ? runningRows(running, nowMs, style) : []),
  ];
  const { code, line } = transcript.openCode;
  const arriving = { mark: theme.active(MARKS.arriving), duration: '' };
  const tail = [
    ...waiting.flatMap((step) => stepRows(step, nowMs, style)),
    ...openRows(code, line).map((row) => () => codeRow(row, arriving, style)),
  ];
  const status = ['', statusRow(transcript, nowMs, style)];
  // The row below the last is the cursor's.
  const room = Math.max(0, size.rows - 1 - status.length);
  const headRoom = Math.min(head.length, Math.max(Math.ceil(room / 2), room - tail.length));
  const body = [...middleOut(head, headRoom, style), ...lastOf(tail, room - headRoom, style)];
  return [...body.map(drawn), ...status].slice(-Math.max(1, size.rows - 1));
}

const MARKS = {
  waiting: '○',
  held: '‖',
  done: '✓',
  failed: '✗',
  skipped: '–',
  arriving: '⋯',
  opened: '▸',
  running: ['◐', '◓', '◑', '◒'],
} as const;

const SPINNER_FRAME_MS = 150;

/** A duration from which on it is worth a look. */
const LONG_MS = 100;

/** A row that is drawn only if it is shown: hundreds of statements may wait. */
type LazyRow = () => string;

interface Gutter {
  readonly mark: string;
  readonly duration: string;
}

function drawn(row: LazyRow): string {
  return row();
}

function stepRows(step: Step, nowMs: number, style: Style): LazyRow[] {
  const gutter = gutterOf(step, nowMs, style.theme);
  return step.chunks.flatMap((chunk) =>
    chunkRows(chunk, style.theme).map((row) => () => codeRow(row, gutter, style)),
  );
}

function runningRows(step: Step, nowMs: number, style: Style): LazyRow[] {
  const output = outputRows(step.output, style).map(toCut);
  return step.isOpened
    ? [...output, () => resultRow(step, nowMs, style)]
    : [...stepRows(step, nowMs, style), ...output];
}

/** Stands below the output of a step whose code has scrolled away, and says how long it takes. */
function resultRow(step: Step, nowMs: number, style: Style): string {
  const [first] = step.chunks;
  const name = step.chunks.length > 1 ? 'the whole program' : `line ${first?.line ?? '?'}`;
  const text = style.theme.faint(name);
  return codeRow({ line: 0, text, isFirst: true }, stateGutter(step, nowMs, style.theme), style);
}

function gutterOf(step: Step, nowMs: number, theme: Theme): Gutter {
  if (!step.isOpened) return stateGutter(step, nowMs, theme);
  return { mark: theme.faint(step.chunks.length > 1 ? ' ' : MARKS.opened), duration: '' };
}

function stateGutter({ state, isHeld, durationMs, startedAtMs }: Step, nowMs: number, theme: Theme): Gutter {
  if (isHeld) return { mark: theme.active(MARKS.held), duration: theme.active(pad('held')) };
  switch (state) {
    case 'waiting':
      return { mark: theme.faint(MARKS.waiting), duration: '' };
    case 'skipped':
      return { mark: theme.faint(MARKS.skipped), duration: '' };
    case 'running': {
      const elapsedMs = Math.max(0, nowMs - (startedAtMs ?? nowMs));
      const frame = Math.floor(elapsedMs / SPINNER_FRAME_MS) % MARKS.running.length;
      const duration = elapsedMs < LONG_MS ? '' : `${(elapsedMs / 1000).toFixed(1)} s`;
      return { mark: theme.active(MARKS.running[frame] ?? ''), duration: theme.active(pad(duration)) };
    }
    case 'done':
      return { mark: theme.good(MARKS.done), duration: finalDuration(durationMs, theme) };
    case 'failed':
      return { mark: theme.bad(MARKS.failed), duration: finalDuration(durationMs, theme) };
  }
}

function finalDuration(durationMs: number | undefined, theme: Theme): string {
  if (durationMs === undefined) return '';
  const text = pad(formatMs(durationMs));
  return durationMs < LONG_MS ? theme.faint(text) : text;
}

const DURATION_WIDTH = 7;
const LINE_WIDTH = 4;
const WIDE_COLUMNS = 64;

function pad(duration: string): string {
  return duration.padStart(DURATION_WIDTH);
}

/** Line number, mark, duration, code; without the line number where there is little room. */
function codeRow(code: CodeRow, gutter: Gutter, { theme, size }: Style): string {
  const { line, text, isFirst } = code;
  if (text.trim() === '') return '';
  const { mark, duration } = isFirst ? gutter : { mark: ' ', duration: '' };
  const number = `${line || ''}`.padStart(LINE_WIDTH);
  const left = size.columns >= WIDE_COLUMNS ? `${theme.faint(number)} ` : '';
  const columns = size.columns - 1 - gutterWidth(size.columns);
  const row = `${left}${mark} ${duration || pad('')}  ${columns > 0 ? cutRow(code, columns) : ''}`;
  return columns > 0 ? row : truncate(row, size.columns - 1);
}

function gutterWidth(columns: number): number {
  return DURATION_WIDTH + 4 + (columns >= WIDE_COLUMNS ? LINE_WIDTH + 1 : 0);
}

/** Output stands below its code, but as far to the left as its widest line needs. */
function outputRows(lines: readonly string[], { size }: Style): OutputRow[] {
  const rows = lines.map(toRow);
  const widest = Math.max(0, ...rows.map(widthOf));
  const indent = ' '.repeat(Math.min(gutterWidth(size.columns), Math.max(0, size.columns - 1 - widest)));
  return rows.map((text) => {
    const row = text === '' ? '' : `${indent}${text}`;
    return { row, cut: () => truncate(row, size.columns - 1) };
  });
}

interface OutputRow {
  readonly row: string;
  /** As much of it as the terminal is wide. */
  readonly cut: LazyRow;
}

function toCut({ cut }: OutputRow): LazyRow {
  return cut;
}

function statusRow(transcript: Transcript, nowMs: number, { theme, size }: Style): string {
  const { tokens, statements, finished } = transcript.progress;
  const clock = theme.strong(`${(nowMs / 1000).toFixed(1)} s`.padStart(8));
  const generation = tokens === 0 ? 'waiting for the first token' : count(tokens, 'token');
  const execution = statements === 0 ? '' : `  ·  ${finished} of ${count(statements, 'statement')} done`;
  return truncate(`${clock}  ${theme.faint(`${generation}${execution}`)}`, size.columns - 1);
}

function count(number: number, unit: string): string {
  return `${number} ${unit}${number === 1 ? '' : 's'}`;
}

/** The beginning and the end of rows that are too many. */
function middleOut(rows: readonly LazyRow[], room: number, style: Style): readonly LazyRow[] {
  if (rows.length <= room) return rows;
  const above = Math.ceil((room - 1) / 2);
  return [...rows.slice(0, above), ...lastOf(rows.slice(above), room - above, style)];
}

/** The end of rows that are too many, below a row that counts the others. */
function lastOf(rows: readonly LazyRow[], room: number, { theme, size }: Style): readonly LazyRow[] {
  if (rows.length <= room) return rows;
  if (room < 1) return [];
  const hidden = rows.length - room + 1;
  const indent = ' '.repeat(gutterWidth(size.columns));
  const note = theme.faint(`${indent}⋮ ${hidden} more ${hidden === 1 ? 'line' : 'lines'}`);
  return [() => truncate(note, size.columns - 1), ...rows.slice(hidden)];
}
