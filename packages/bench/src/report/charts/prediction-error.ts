import { all, element, type Markup } from '../markup.js';
import { chart, linear, xAxis } from './chart.js';

/** By how much the latency model's prediction was off, as shares of what was measured. */
export interface PredictionErrors {
  readonly workload: string;
  readonly errors: readonly number[];
}

const ROW = 34;
const WIDEST = 0.2;

/** A prediction counts as right while it is within this share of the measurement. */
const TOLERANCE_SHARE = 0.05;

/** A dot for each run; within the band the prediction counts as right. Dots further out are drawn at the edge. */
export function predictionError(rows: readonly PredictionErrors[]): Markup {
  return chart({ left: 150, top: 8 }, rows.length * ROW, 'Error of the latency model', (frame) => {
    const { left, top, width, height } = frame;
    const x = linear([-WIDEST, WIDEST], [left, left + width], 8, (share) => `${Math.round(100 * share)} %`);
    const band = element('rect', {
      class: 'band',
      x: x(-TOLERANCE_SHARE),
      y: top,
      width: x(TOLERANCE_SHARE) - x(-TOLERANCE_SHARE),
      height,
    });
    const dots = rows.map(({ workload, errors }, row) => {
      const y = top + (row + 0.5) * ROW;
      return all(
        element('text', { class: 'label', x: left - 10, y: y + 4, 'text-anchor': 'end' }, workload),
        ...errors.map((error, index) =>
          element('circle', {
            class: 'dot c-eager',
            cx: x(Math.max(-WIDEST, Math.min(WIDEST, error))),
            // Runs with the same error shall all be seen.
            cy: y + ((index % 5) - 2) * 4,
            r: 3.5,
          }),
        ),
      );
    });
    return all(band, xAxis(frame, x, 'predicted less measured, as a share of the measured time'), ...dots);
  });
}
