import type { ContenderName } from '../../contenders/index.js';
import { all, element, type Markup } from '../markup.js';
import { chart, logarithmic, shortTime, xAxis, yAxis } from './chart.js';

/** The wait after the last token, in milliseconds, in both runs of a round. */
export interface Waits {
  readonly contender: ContenderName;
  readonly serialMs: number;
  readonly waitMs: number;
  /** For the tooltip. */
  readonly name: string;
}

/** A dot for each round over two logarithmic axes; diagonals say how many times shorter the wait is. */
export function waitAgainstSerial(waits: readonly Waits[]): Markup {
  return chart(
    { left: 76, right: 60 },
    340,
    'Wait after the last token, against the serial run of the round',
    (frame) => {
      const { left, top, width, height } = frame;
      const ticks = [1, 10, 100, 1000, 10_000, 100_000];
      const to = Math.max(...waits.flatMap(({ serialMs, waitMs }) => [serialMs, waitMs]), 1000) * 1.2;
      const x = logarithmic([10, to], [left, left + width], ticks, shortTime);
      const y = logarithmic([1, to], [top + height, top], ticks, shortTime);
      const diagonals = [1, 10, 100, 1000].map((times) =>
        all(
          element('line', {
            class: 'diagonal',
            x1: x(Math.max(10, times)),
            y1: y(Math.max(10, times) / times),
            x2: x(to),
            y2: y(to / times),
          }),
          element(
            'text',
            { class: 'tick', x: x(to) + 4, y: y(to / times) + 4 },
            times === 1 ? 'as long' : `÷ ${times}`,
          ),
        ),
      );
      const dots = waits.map(({ contender, serialMs, waitMs, name }) =>
        element(
          'circle',
          { class: `dot c-${contender}`, cx: x(serialMs), cy: y(waitMs), r: 4.5 },
          element('title', {}, `${name}: ${shortTime(serialMs)} → ${shortTime(waitMs)}`),
        ),
      );
      return all(
        xAxis(frame, x, 'wait of the serial run (logarithmic)'),
        yAxis(frame, y, 'wait (logarithmic)'),
        ...diagonals,
        ...dots,
      );
    },
  );
}
