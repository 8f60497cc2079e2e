import { formatMs } from './format-ms.js';
import { element, round, text, tooltip, truncate } from './svg.js';
import type { Timeline } from './timeline.js';
import { ranTogether, type Statement } from './timeline-facts.js';

/** Maps milliseconds since the run began to a horizontal coordinate. */
export type Scale = (atMs: number) => number;

/** One row of a run's picture. To show something new, add a lane to {@link lanes} or marks to one. */
export interface Lane {
  readonly name: string;
  readonly height: number;
  /** Where its band begins, measured from its top; marks may stand above it. */
  readonly bandTop: number;
  /** How much of it there is, in a few words. */
  count(timeline: Timeline): string;
  /** Its marks as SVG, in coordinates whose origin is the lane's top. */
  draw(timeline: Timeline, x: Scale): string;
}

const GENERATION_HEIGHT = 30;
const DETECTION_HEIGHT = 14;
/** Room above the bars in which waiting statements come down from the detection lane. */
const WAITING_HEIGHT = 24;
const BAR_HEIGHT = 30;

/** The lanes of a run, from top to bottom. */
export const lanes: readonly Lane[] = [
  {
    name: 'Generation',
    height: GENERATION_HEIGHT,
    bandTop: 0,
    count: ({ tokenTimesMs }) => plural(tokenTimesMs.length, 'token'),
    draw: (timeline, x) => firstTokenPause(timeline, x) + tokenDensity(timeline, x),
  },
  {
    name: 'Detection',
    height: DETECTION_HEIGHT,
    bandTop: 0,
    count: ({ statements }) => plural(statements.length, 'statement'),
    draw: closedMarks,
  },
  {
    name: 'Execution',
    height: WAITING_HEIGHT + BAR_HEIGHT,
    bandTop: WAITING_HEIGHT,
    count: ({ batches }) => plural(batches.length, 'batch', 'batches'),
    draw: (timeline, x) =>
      [
        waitingLines(timeline, x),
        ...bars(timeline, x).map(drawBar),
        ...heldSpans(timeline, x),
        closingBar(timeline, x),
      ].join(''),
  },
];

/** `1 token`, `1,204 tokens`. */
function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
}

function firstTokenPause({ ttftMs, lastTokenMs = 0 }: Timeline, x: Scale): string {
  if (ttftMs === undefined) return '';
  const label = `TTFT ${formatMs(ttftMs)}`;
  const hasRoom = x(lastTokenMs) - x(0) > 230;
  return element(
    'g',
    {},
    tooltip(`Time to first token: ${formatMs(ttftMs)}`),
    element('rect', { class: 'pause', x: x(0), y: 0, width: x(ttftMs) - x(0), height: GENERATION_HEIGHT }),
    hasRoom ? text(x(0), -14, 'pause-label', label) : '',
  );
}

/** The token stream as a skyline whose height is the rate of arrival, relative to the fastest moment. */
function tokenDensity({ tokenTimesMs, ttftMs, lastTokenMs }: Timeline, x: Scale): string {
  if (ttftMs === undefined || lastTokenMs === undefined) return '';
  const left = x(ttftMs);
  const width = Math.max(1, x(lastTokenMs) - left);
  // Wide enough that a bin holds several tokens, or the skyline would show rounding and not the rate.
  const binWidth = Math.min(60, Math.max(3, (12 * width) / tokenTimesMs.length));
  const bins = new Array<number>(Math.max(1, Math.round(width / binWidth))).fill(0);
  const step = width / bins.length;
  for (const atMs of tokenTimesMs) {
    const index = Math.min(bins.length - 1, Math.floor((x(atMs) - left) / step));
    bins[index] = (bins[index] ?? 0) + 1;
  }
  const most = Math.max(...bins);
  const outline = bins.map((count, index) => {
    const top = GENERATION_HEIGHT - (count / most) * (GENERATION_HEIGHT - 3);
    return `V${round(top)}H${round(left + (index + 1) * step)}`;
  });
  const seconds = (lastTokenMs - ttftMs) / 1000;
  const rate = seconds > 0 ? `, ${Math.round(tokenTimesMs.length / seconds)} per second` : '';
  return element(
    'path',
    { class: 'tokens', d: `M${round(left)} ${GENERATION_HEIGHT}${outline.join('')}V${GENERATION_HEIGHT}Z` },
    tooltip(`${plural(tokenTimesMs.length, 'token')}${rate}`),
  );
}

function closedMarks({ statements }: Timeline, x: Scale): string {
  // Marks that fall on one pixel are one mark.
  const at = new Set(statements.map(({ closedAtMs }) => Math.round(x(closedAtMs))));
  if (at.size === 0) return '';
  const d = [...at].map((left) => `M${left} 0v${DETECTION_HEIGHT}`).join('');
  return element('path', { class: 'closed', d, 'stroke-opacity': density(at.size) });
}

/** A line from where a statement was complete to where it ran: upright if at once, slanted if it had to wait. */
function waitingLines({ statements }: Timeline, x: Scale): string {
  const lines = new Set<string>();
  for (const { closedAtMs, startedAtMs } of statements) {
    if (startedAtMs === undefined) continue;
    lines.add(`M${Math.round(x(closedAtMs))} 0L${Math.round(x(startedAtMs))} ${WAITING_HEIGHT}`);
  }
  if (lines.size === 0) return '';
  return element('path', {
    class: 'waits',
    d: [...lines].join(''),
    'stroke-opacity': 0.6 * density(lines.size),
  });
}

/** How opaque so many lines should be: a few stand out, a thousand are a tint. */
function density(lineCount: number): number {
  return Math.min(1, Math.max(0.3, 100 / lineCount));
}

/** Statements drawn as one rectangle: a single one, several that ran as one, or neighbours too short to be seen apart. */
interface Bar {
  readonly left: number;
  readonly right: number;
  readonly statements: readonly Statement[];
  readonly failure: string | undefined;
  readonly isRunning: boolean;
  /** Milliseconds of work in it. */
  readonly busyMs: number;
  /** Share of its width that is work. */
  readonly fill: number;
}

const MERGE_BELOW = 1;
const MERGED_WIDTH = 4;

function bars(timeline: Timeline, x: Scale): Bar[] {
  const merged: Bar[] = [];
  for (const statement of timeline.statements) {
    const bar = barOf(statement, timeline, x);
    if (bar === undefined) continue;
    const last = merged.at(-1);
    const previous = last?.statements.at(-1);
    if (last !== undefined && previous !== undefined && ranTogether(previous, statement)) {
      merged[merged.length - 1] = { ...last, statements: [...last.statements, statement] };
    } else if (last !== undefined && canMerge(last, bar)) merged[merged.length - 1] = merge(last, bar, x);
    else merged.push(bar);
  }
  return merged;
}

function barOf(statement: Statement, { endToEndMs, failure }: Timeline, x: Scale): Bar | undefined {
  const { startedAtMs, status, chunkId } = statement;
  if (startedAtMs === undefined) return undefined;
  const finishedAtMs = statement.finishedAtMs ?? Math.max(startedAtMs, endToEndMs);
  const raised =
    failure !== undefined && (failure.chunkId ?? chunkId) === chunkId
      ? `${failure.ename}: ${failure.evalue}`
      : 'failed';
  return {
    left: x(startedAtMs),
    right: x(finishedAtMs),
    statements: [statement],
    failure: status === 'failed' ? raised : undefined,
    isRunning: status === 'running',
    busyMs: statement.durationMs ?? finishedAtMs - startedAtMs,
    fill: 1,
  };
}

function canMerge(last: Bar, next: Bar): boolean {
  const isThin = ({ left, right, statements, failure, isRunning }: Bar) =>
    (right - left < MERGE_BELOW || statements.length > 1) && failure === undefined && !isRunning;
  const areClose = next.left - last.right < MERGE_BELOW && next.right - last.left <= MERGED_WIDTH;
  return isThin(last) && isThin(next) && areClose;
}

function merge(last: Bar, next: Bar, x: Scale): Bar {
  const right = Math.max(last.right, next.right);
  const busyMs = last.busyMs + next.busyMs;
  return {
    ...last,
    right,
    statements: [...last.statements, ...next.statements],
    busyMs,
    fill: Math.min(1, (x(busyMs) - x(0)) / (right - last.left)),
  };
}

function drawBar(bar: Bar): string {
  const { left, failure, isRunning, fill } = bar;
  const width = bar.right - left;
  const top = WAITING_HEIGHT;
  // A gap keeps neighbours apart where there is room for one; nothing is thinner than can be seen.
  const drawn = width > MERGED_WIDTH ? width - 1 : Math.max(width, 1.2);
  const label = barLabel(bar, drawn);
  return element(
    'g',
    {},
    tooltip(describe(bar)),
    element('rect', {
      class: failure === undefined ? (isRunning ? 'bar running' : 'bar') : 'bar failed',
      x: left,
      y: top,
      width: drawn,
      height: BAR_HEIGHT,
      rx: drawn > 8 ? 2 : undefined,
      // A bar that stands for short statements with pauses between them is paler, not longer.
      'fill-opacity': fill < 0.95 ? Math.max(0.3, Math.ceil(fill * 10) / 10) : undefined,
    }),
    label === '' ? '' : text(left + drawn / 2, top + BAR_HEIGHT / 2 + 3.5, 'bar-label', label),
    failure === undefined ? '' : text(left + drawn / 2, top - 4, 'cross', '✕'),
  );
}

/** Where the gate kept a statement from going on. */
function heldSpans({ statements, endToEndMs }: Timeline, x: Scale): string[] {
  return statements.flatMap(({ held, line }) => {
    if (held === undefined) return [];
    const toMs = held.toMs ?? endToEndMs;
    const end = held.toMs === undefined ? 'and never happened' : `for ${formatMs(toMs - held.fromMs)}`;
    const left = x(held.fromMs);
    return element(
      'g',
      {},
      tooltip(`line ${line} was held ${end}\n${held.reason}`),
      element('rect', {
        class: 'held',
        x: left,
        y: WAITING_HEIGHT + 3,
        width: Math.max(1.2, x(toMs) - left),
        height: BAR_HEIGHT - 6,
      }),
    );
  });
}

function closingBar({ closing }: Timeline, x: Scale): string {
  if (closing === undefined || closing.durationMs === 0) return '';
  const left = x(closing.startedAtMs);
  const width = Math.max(1.2, x(closing.finishedAtMs) - left);
  return element(
    'g',
    {},
    tooltip(
      `end of the cell: the last value and open figures are shown\ntook ${formatMs(closing.durationMs)}`,
    ),
    element('rect', { class: 'bar closing', x: left, y: WAITING_HEIGHT, width, height: BAR_HEIGHT }),
  );
}

const COLUMN_WIDTH = 6.1;

/** The code if it fits or a good part of it does, else the line number, else nothing. */
function barLabel({ statements }: Bar, width: number): string {
  const [first] = statements;
  const last = statements.at(-1);
  if (first === undefined || last === undefined) return '';
  const room = Math.floor((width - 6) / COLUMN_WIDTH);
  const source = first.source.trim();
  const isOneLine = first.line === last.lastLine;
  if (isOneLine && (source.length <= room || room >= 12)) return truncate(source, room);
  if (first === last && source.length + 2 <= room) return `${source} …`;
  const place = isOneLine ? `L${first.line}` : `L${first.line}–${last.lastLine}`;
  return place.length <= room ? place : '';
}

function describe({ statements, failure, isRunning, busyMs }: Bar): string {
  const [first] = statements;
  const last = statements.at(-1);
  if (first === undefined || last === undefined) return '';
  if (first !== last) {
    return `${plural(statements.length, 'statement')}, ${lines(first.line, last.lastLine)}\nran ${formatMs(busyMs)} in all${failure === undefined ? '' : `\n${failure}`}`;
  }
  const { line, lastLine, source, closedAtMs, startedAtMs, batchId } = first;
  const waitedMs = Math.max(0, (startedAtMs ?? closedAtMs) - closedAtMs);
  const facts = [
    `${isRunning ? 'running for' : 'ran'} ${formatMs(busyMs)}`,
    `after waiting ${formatMs(waitedMs)}`,
    batchId === undefined ? '' : `in batch ${batchId + 1}`,
  ];
  const code = `${lines(line, lastLine)}: ${truncate(source, 120)}`;
  return [code, facts.filter((fact) => fact !== '').join(' '), failure ?? '']
    .filter((part) => part !== '')
    .join('\n');
}

function lines(first: number, last: number): string {
  return first === last ? `line ${first}` : `lines ${first}–${last}`;
}
