import type { ContenderName } from '../../contenders/index.js';
import { cumulative } from '../../statistics.js';
import { all, element, type Markup } from '../markup.js';
import { chart, linear, logarithmic, path, shortTime, xAxis, yAxis } from './chart.js';

/** How far the runs of a contender ended after the lower bound, in milliseconds. */
export interface Distances {
  readonly contender: ContenderName;
  readonly label: string;
  readonly excessMs: readonly number[];
}

/** Cumulative distributions over a logarithmic distance: the further left a line rises, the better. */
export function distanceToBound(distances: readonly Distances[]): Markup {
  return chart({ right: 24 }, 260, 'How far runs ended after the lower bound', (frame) => {
    const { left, top, width, height } = frame;
    const ticks = [1, 3, 10, 30, 100, 300, 1000, 3000, 10_000, 30_000];
    const longestMs = Math.max(...distances.flatMap(({ excessMs }) => excessMs), 100);
    const x = logarithmic([1, longestMs * 1.1], [left, left + width], ticks, shortTime);
    const y = linear([0, 1], [top + height, top], 4, (share) => `${100 * share} %`);
    const lines = distances.map(({ contender, excessMs }) => {
      let lastY = y(0);
      const points = cumulative(excessMs).flatMap(({ value, share }) => {
        const step = [[x(value), lastY] as const, [x(value), y(share)] as const];
        lastY = y(share);
        return step;
      });
      return element('path', { class: `line c-${contender}`, d: path([...points, [left + width, lastY]]) });
    });
    return all(
      xAxis(frame, x, 'end of the run after the lower bound (logarithmic)'),
      yAxis(frame, y, 'share of the runs'),
      ...lines,
    );
  });
}
