import type { ContenderName } from '../../contenders/index.js';
import { all, element, type Markup } from '../markup.js';
import { chart, linear, xAxis } from './chart.js';

/** The median run of a contender in a workload, in milliseconds. */
export interface TimeShare {
  readonly contender: ContenderName;
  readonly label: string;
  readonly ttftMs: number;
  readonly writingMs: number;
  /** After the last token. */
  readonly waitMs: number;
}

const BAR = 18;
const GAP = 7;

/** Stacked bars: waiting for the first token, writing, and the wait after the last token. */
export function whereTimeWent(workload: string, shares: readonly TimeShare[]): Markup {
  const height = shares.length * (BAR + GAP) + GAP;
  return chart({ left: 190, right: 78, top: 8 }, height, `Where the time went: ${workload}`, (frame) => {
    const { left, top, width } = frame;
    const longestMs = Math.max(...shares.map(({ ttftMs, writingMs, waitMs }) => ttftMs + writingMs + waitMs));
    const x = linear([0, longestMs], [left, left + width], 6, (ms) => `${ms / 1000} s`);
    const bars = shares.map(({ contender, label, ttftMs, writingMs, waitMs }, row) => {
      const y = top + GAP + row * (BAR + GAP);
      const part = (kind: string, fromMs: number, ms: number) =>
        element('rect', { class: kind, x: x(fromMs), y, width: Math.max(0, x(ms) - x(0)), height: BAR });
      const endMs = ttftMs + writingMs + waitMs;
      return all(
        element(
          'text',
          {
            class: contender === 'eager' ? 'label strong' : 'label',
            x: left - 8,
            y: y + 13,
            'text-anchor': 'end',
          },
          label,
        ),
        part('ttft', 0, ttftMs),
        part('writing', ttftMs, writingMs),
        part('wait', ttftMs + writingMs, waitMs),
        element('text', { class: 'value', x: x(endMs) + 6, y: y + 13 }, `+ ${waitLabel(waitMs)}`),
      );
    });
    return all(xAxis(frame, x, 'time since the request'), ...bars);
  });
}

function waitLabel(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}
