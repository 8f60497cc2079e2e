import { all, element, type Markup } from '../markup.js';
import { chart, linear, xAxis } from './chart.js';

/** The median end-to-end times of a workload with one model, in milliseconds. */
export interface ProfileTimes {
  readonly profile: string;
  readonly workload: string;
  readonly serialMs: number;
  readonly eagerMs: number;
  readonly lowerMs: number;
}

const ROW = 24;

/** For each model a line from the eager to the serial time, with a mark at the lower bound. */
export function profileTimes(rows: readonly ProfileTimes[]): Markup {
  return chart({ left: 270, right: 60, top: 8 }, rows.length * ROW, 'End-to-end time by model', (frame) => {
    const { left, top, width } = frame;
    const longestMs = Math.max(...rows.map(({ serialMs }) => serialMs), 1000);
    const x = linear([0, longestMs * 1.03], [left, left + width], 7, (ms) => `${ms / 1000} s`);
    const lines = rows.map(({ profile, workload, serialMs, eagerMs, lowerMs }, row) => {
      const y = top + (row + 0.5) * ROW;
      return all(
        element(
          'text',
          { class: 'label', x: left - 10, y: y + 4, 'text-anchor': 'end' },
          `${profile} · ${workload}`,
        ),
        element('line', { class: 'saved', x1: x(eagerMs), x2: x(serialMs), y1: y, y2: y }),
        element('line', { class: 'bound', x1: x(lowerMs), x2: x(lowerMs), y1: y - 8, y2: y + 8 }),
        element('circle', { class: 'dot c-serial', cx: x(serialMs), cy: y, r: 5 }),
        element('circle', { class: 'dot c-eager', cx: x(eagerMs), cy: y, r: 5 }),
        element(
          'text',
          { class: 'value', x: x(serialMs) + 10, y: y + 4 },
          `−${Math.round(100 * (1 - eagerMs / serialMs))} %`,
        ),
      );
    });
    return all(xAxis(frame, x, 'end-to-end time'), ...lines);
  });
}
