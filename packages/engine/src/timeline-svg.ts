import { formatMs, formatShare } from './format-ms.js';
import { element, escapeXml, round, text } from './svg.js';
import type { Timeline } from './timeline.js';
import { lanes, type Scale } from './timeline-lanes.js';
import { drawLegend } from './timeline-legend.js';
import { timelineStyle } from './timeline-style.js';

/** A run and what to call it, for example `Serial` or `Eager`. */
export interface LabelledTimeline {
  readonly label: string;
  readonly timeline: Timeline;
}

/**
 * Draws runs under each other on one common axis, as a self-contained SVG document.
 *
 * Each run shows when tokens arrived, when statements were complete and when they ran, with the end of
 * generation and the run's lower bound as vertical lines. Under every run but the first stands what it saved
 * against the first. The picture follows the reader's light or dark colour scheme, explains itself in a legend,
 * captions and tooltips, and is the same for the same runs, byte for byte.
 *
 * @param runs from top to bottom; a baseline, if there is one, first
 */
export function timelineSvg(runs: readonly LabelledTimeline[], title = 'Timeline'): string {
  const spanMs = Math.max(0, ...runs.map(({ timeline }) => rightmostMs(timeline))) || EMPTY_SPAN_MS;
  const x: Scale = (atMs) => PLOT.left + (Math.min(Math.max(atMs, 0), spanMs) / spanMs) * PLOT.width;

  const ticks = ticksOf(spanMs);
  const panels = runs.map((run, index) =>
    drawPanel(run, index === 0 ? undefined : runs[0], boundOf(run, runs), ticks, x),
  );
  const axisTop = stack(panels, TITLE_HEIGHT).height;
  const timelines = runs.map(({ timeline }) => timeline);
  const legend = drawLegend(timelines, MARGIN, axisTop + AXIS_HEIGHT);
  const height = axisTop + AXIS_HEIGHT + legend.height + MARGIN - 12;
  const description = runs
    .map((run) => `${heading(run)}: ${caption(run.timeline, boundOf(run, runs))}.`)
    .join(' ');

  const attributes = {
    class: 'eager-timeline',
    role: 'img',
    viewBox: `0 0 ${WIDTH} ${height}`,
    width: WIDTH,
    height,
  };
  const drawing = element(
    'svg',
    { xmlns: 'http://www.w3.org/2000/svg', ...attributes },
    element('title', {}, escapeXml(title)),
    element('desc', {}, escapeXml(description)),
    element('style', {}, timelineStyle),
    element('rect', { class: 'background', width: WIDTH, height, rx: 8 }),
    text(MARGIN, MARGIN + 12, 'title', title),
    stack(panels, TITLE_HEIGHT).markup,
    drawAxis(ticks, axisTop, x),
    legend.markup,
  );
  return `${drawing}\n`;
}

const WIDTH = 1000;
const MARGIN = 28;
const TITLE_HEIGHT = 70;
const AXIS_HEIGHT = 58;
/** What the axis shows when nothing has happened. */
const EMPTY_SPAN_MS = 1000;
/** To its right is room for the labels of what happens at the very end. */
const PLOT = { left: 140, width: 720, right: 860 };

interface Panel {
  readonly height: number;
  readonly markup: string;
}

function stack(panels: readonly Panel[], top: number): Panel {
  let height = top;
  let markup = '';
  for (const panel of panels) {
    markup += element('g', { transform: `translate(0 ${height})` }, panel.markup);
    height += panel.height;
  }
  return { height, markup };
}

function rightmostMs({ endToEndMs, bounds }: Timeline): number {
  return Math.max(endToEndMs, bounds.generationMs, bounds.lowerMs);
}

/**
 * The best lower bound that runs of one program show for one of them. A serial run cannot tell its statements
 * apart and so knows only a loose one; another run may know more, which holds as far as the runs are alike.
 */
function boundOf({ timeline }: LabelledTimeline, runs: readonly LabelledTimeline[]): number {
  const best = Math.max(...runs.map((run) => run.timeline.bounds.lowerMs));
  return Math.max(timeline.bounds.lowerMs, Math.min(best, timeline.endToEndMs));
}

const LANES_TOP = 72;
const LANE_GAPS = [8, 0, 0];
const PANEL_GAP = 30;
const SAVING_HEIGHT = 34;

function drawPanel(
  run: LabelledTimeline,
  baseline: LabelledTimeline | undefined,
  boundMs: number,
  ticks: Ticks,
  x: Scale,
): Panel {
  const { timeline } = run;
  let bottom = LANES_TOP;
  const backgrounds: string[] = [];
  const marks: string[] = [];
  lanes.forEach((lane, index) => {
    const bandHeight = lane.height - lane.bandTop;
    const y = bottom + lane.bandTop;
    backgrounds.push(
      element('rect', { class: 'lane', x: PLOT.left, y, width: PLOT.width, height: bandHeight, rx: 3 }),
    );
    const middle = y + bandHeight / 2;
    marks.push(
      text(PLOT.left - 14, middle - 1, 'lane-name', lane.name),
      text(PLOT.left - 14, middle + 12, 'lane-count', lane.count(timeline)),
      element(
        'g',
        { class: lane.name.toLowerCase(), transform: `translate(0 ${bottom})` },
        lane.draw(timeline, x),
      ),
    );
    bottom += lane.height + (LANE_GAPS[index] ?? 0);
  });
  const lanesBottom = bottom;
  if (baseline !== undefined) bottom += SAVING_HEIGHT;
  return {
    height: bottom + PANEL_GAP,
    markup: [
      text(MARGIN, 14, 'heading', heading(run)),
      text(MARGIN, 34, 'caption', caption(timeline, boundMs)),
      ...backgrounds,
      drawGrid(ticks, LANES_TOP, lanesBottom, x),
      drawLimits(timeline, boundMs, LANES_TOP, lanesBottom, x),
      ...marks,
      drawEnd(timeline, lanesBottom - 11, x),
      baseline === undefined ? '' : drawSaving(timeline, baseline.timeline, bottom - SAVING_HEIGHT / 2, x),
    ].join(''),
  };
}

function heading({ label, timeline: { summary } }: LabelledTimeline): string {
  if (summary === undefined) return `${label} (running)`;
  return summary.status === 'ok' ? label : `${label} (${summary.status})`;
}

/** The run in numbers. */
function caption(timeline: Timeline, boundMs: number): string {
  const { endToEndMs, nonOverlappedMs, failure, statements } = timeline;
  const skipped = statements.filter(({ status }) => status === 'skipped').length;
  const raisedAt = statements.find(({ chunkId }) => chunkId === failure?.chunkId);
  const excessMs = endToEndMs - boundMs;
  const parts = [
    `end to end ${formatMs(endToEndMs)}`,
    `non-overlapped ${formatMs(nonOverlappedMs)}`,
    `lower bound ${formatMs(boundMs)}`,
    `distance to it ${formatMs(excessMs)}${boundMs > 0 ? ` (${formatShare(excessMs / boundMs)})` : ''}`,
    timeline.regime,
    raisedAt === undefined ? '' : `raised in line ${raisedAt.line}`,
    skipped === 0 ? '' : `${skipped} never ran`,
  ];
  return parts.filter((part) => part !== '').join(' · ');
}

/** The two moments that no executor can beat: the last token and, never before it, the lower bound. */
function drawLimits(
  { bounds, lastTokenMs }: Timeline,
  boundMs: number,
  top: number,
  bottom: number,
  x: Scale,
): string {
  if (lastTokenMs === undefined) return '';
  const line = (className: string, atMs: number) =>
    element('line', { class: className, x1: x(atMs), x2: x(atMs), y1: top - 8, y2: bottom + 4 });
  const { generationMs } = bounds;
  return [
    line('last-token', generationMs),
    line('lower-bound', boundMs),
    text(x(generationMs) - 5, top - 14, 'last-token-label', `last token ${formatMs(generationMs)}`),
    text(x(boundMs) + 5, top - 14, 'lower-bound-label', `lower bound ${formatMs(boundMs)}`),
  ].join('');
}

function drawEnd({ endToEndMs, summary }: Timeline, baselineY: number, x: Scale): string {
  const label = summary === undefined ? `${formatMs(endToEndMs)} so far` : formatMs(endToEndMs);
  return text(x(endToEndMs) + 8, baselineY, 'end-label', label);
}

/** An arrow between the ends of two runs. */
function drawSaving(run: Timeline, baseline: Timeline, y: number, x: Scale): string {
  const savedMs = baseline.endToEndMs - run.endToEndMs;
  const share = baseline.endToEndMs > 0 ? ` (${formatShare(Math.abs(savedMs) / baseline.endToEndMs)})` : '';
  const left = x(Math.min(run.endToEndMs, baseline.endToEndMs));
  const right = x(Math.max(run.endToEndMs, baseline.endToEndMs));
  const label = `${formatMs(Math.abs(savedMs))} ${savedMs < 0 ? 'slower' : 'saved'}${share}`;
  return element(
    'g',
    { class: savedMs < 0 ? 'slower' : 'saved' },
    element('path', { d: `M${left} ${y - 6}v12M${right} ${y - 6}v12M${left} ${y}H${right}` }),
    text(left - 8, y + 4, 'saving-label', label),
  );
}

interface Ticks {
  readonly timesMs: readonly number[];
  /** How many decimals tell two of them apart, in seconds. */
  readonly decimals: number;
}

function ticksOf(spanMs: number): Ticks {
  const stepMs = roundStep(spanMs / 10);
  const count = Math.floor(spanMs / stepMs + ROUNDING) + 1;
  return {
    timesMs: Array.from({ length: count }, (_, index) => index * stepMs),
    decimals: Math.max(0, 3 - Math.floor(Math.log10(stepMs) + ROUNDING)),
  };
}

/** Keeps a quotient or logarithm that should be whole from falling just short of it. */
const ROUNDING = 1e-9;

function drawGrid({ timesMs }: Ticks, top: number, bottom: number, x: Scale): string {
  const lines = timesMs.map((atMs) => `M${round(x(atMs))} ${top}V${bottom}`);
  return element('path', { class: 'grid', d: lines.join('') });
}

function drawAxis({ timesMs, decimals }: Ticks, top: number, x: Scale): string {
  return [
    element('line', { class: 'axis', x1: PLOT.left, x2: PLOT.right, y1: top, y2: top }),
    ...timesMs.map((atMs) =>
      element('line', { class: 'axis', x1: x(atMs), x2: x(atMs), y1: top, y2: top + 5 }),
    ),
    ...timesMs.map((atMs) => text(x(atMs), top + 20, 'tick', (atMs / 1000).toFixed(decimals))),
    text(PLOT.right + 30, top + 20, 'axis-name', 'seconds'),
  ].join('');
}

/** The smallest of 1, 2, 5 × 10ⁿ that is at least `atLeast`. */
function roundStep(atLeast: number): number {
  const power = 10 ** Math.floor(Math.log10(atLeast));
  return ([1, 2, 5].find((factor) => factor * power >= atLeast) ?? 10) * power;
}
