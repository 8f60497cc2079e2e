import { scaleLinear, scaleLog } from 'd3-scale';
import { all, element, type Markup } from '../markup.js';

/** A place to draw in: the area between the axes, in the units of its `viewBox`. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly top: number;
}

/** Maps values to pixels, with the ticks of its axis. */
export interface Scale {
  (value: number): number;
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
}

const WIDTH = 760;

/** A chart as wide as the text, with room around it for the axes. */
export function chart(
  room: { readonly left?: number; readonly right?: number; readonly top?: number; readonly bottom?: number },
  height: number,
  title: string,
  draw: (frame: Frame) => Markup,
): Markup {
  const { left = 56, right = 16, top = 16, bottom = 44 } = room;
  const frame = { left, top, width: WIDTH - left - right, height };
  const size = `0 0 ${WIDTH} ${top + height + bottom}`;
  return element(
    'svg',
    { viewBox: size, role: 'img', 'aria-label': title },
    element('title', {}, title),
    draw(frame),
  );
}

export function linear(
  [from, to]: readonly [number, number],
  [start, end]: readonly [number, number],
  count: number,
  label: (value: number) => string,
): Scale {
  const scale = scaleLinear([from, to], [start, end]);
  return Object.assign((value: number) => scale(value), {
    ticks: scale.ticks(count).map((value) => ({ at: scale(value), label: label(value) })),
  });
}

/** A logarithmic scale with a tick at each of the given values. Values outside are drawn at its ends. */
export function logarithmic(
  [from, to]: readonly [number, number],
  [start, end]: readonly [number, number],
  ticks: readonly number[],
  label: (value: number) => string,
): Scale {
  const scale = scaleLog([from, to], [start, end]).clamp(true);
  return Object.assign((value: number) => scale(Math.max(value, from)), {
    ticks: ticks
      .filter((value) => value >= from && value <= to)
      .map((value) => ({ at: scale(value), label: label(value) })),
  });
}

/** Lines and labels of the ticks below the frame, and what they count. */
export function xAxis({ left, top, width, height }: Frame, scale: Scale, name: string): Markup {
  return all(
    ...scale.ticks.map(({ at, label }) =>
      all(
        element('line', { class: 'grid', x1: at, x2: at, y1: top, y2: top + height }),
        element('text', { class: 'tick', x: at, y: top + height + 17, 'text-anchor': 'middle' }, label),
      ),
    ),
    element(
      'text',
      { class: 'axis', x: left + width / 2, y: top + height + 37, 'text-anchor': 'middle' },
      name,
    ),
  );
}

/** The same at the left. */
export function yAxis({ left, top, width, height }: Frame, scale: Scale, name: string): Markup {
  const middle = top + height / 2;
  return all(
    ...scale.ticks.map(({ at, label }) =>
      all(
        element('line', { class: 'grid', x1: left, x2: left + width, y1: at, y2: at }),
        element('text', { class: 'tick', x: left - 8, y: at + 4, 'text-anchor': 'end' }, label),
      ),
    ),
    element(
      'text',
      { class: 'axis', x: 14, y: middle, 'text-anchor': 'middle', transform: `rotate(-90 14 ${middle})` },
      name,
    ),
  );
}

/** `M0 1L2 3` */
export function path(points: readonly (readonly [x: number, y: number])[]): string {
  return points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');
}

/** `3 ms`, `0.5 s`, `12 s` */
export function shortTime(ms: number): string {
  if (ms < 1000) return `${Number(ms.toPrecision(2))} ms`;
  return `${Number((ms / 1000).toPrecision(2))} s`;
}
