import { median, quantile } from '../../statistics.js';
import { all, element, type Markup } from '../markup.js';
import { chart, linear, logarithmic, path, xAxis, yAxis } from './chart.js';

/** What runs at one rate saved, as shares of the serial end-to-end time. */
interface SavedAtRate {
  readonly tokensPerSecond: number;
  readonly shares: readonly number[];
}

/** The savings in a workload over the rates. */
export interface SavedSeries {
  readonly label: string;
  /** Which of the colours for workloads. */
  readonly color: number;
  readonly points: readonly SavedAtRate[];
}

/** Lines of medians over a logarithmic rate, with whiskers from the lower to the upper quartile. */
export function savedByRate(series: readonly SavedSeries[]): Markup {
  return chart({ right: 150 }, 260, 'Share of the time saved, against the rate of the model', (frame) => {
    const { left, top, width, height } = frame;
    const rates = series.flatMap(({ points }) => points.map(({ tokensPerSecond }) => tokensPerSecond));
    const shares = series.flatMap(({ points }) => points.flatMap((point) => point.shares));
    const x = logarithmic(
      [Math.min(...rates) * 0.9, Math.max(...rates) * 1.1],
      [left, left + width],
      [20, 50, 100, 200, 400],
      String,
    );
    const y = linear(
      [Math.min(0, ...shares), Math.max(0.1, ...shares) * 1.05],
      [top + height, top],
      6,
      percent,
    );
    const labels = placed(series.map(({ points }) => y(median(points.at(-1)?.shares ?? []))));
    const lines = series.map(({ label, color, points }, index) => {
      const medians = points.map((point) => [x(point.tokensPerSecond), y(median(point.shares))] as const);
      const whiskers = points.map(({ tokensPerSecond, shares }) =>
        element('line', {
          class: `line w${color}`,
          x1: x(tokensPerSecond),
          x2: x(tokensPerSecond),
          y1: y(quantile(shares, 0.25)),
          y2: y(quantile(shares, 0.75)),
        }),
      );
      return all(
        ...whiskers,
        element('path', { class: `line w${color}`, d: path(medians) }),
        ...medians.map(([cx, cy]) => element('circle', { class: `dot w${color}`, cx, cy, r: 4 })),
        element(
          'text',
          { class: `label t${color}`, x: left + width + 6, y: (labels[index] ?? 0) + 4 },
          label,
        ),
      );
    });
    return all(xAxis(frame, x, 'tokens per second'), yAxis(frame, y, 'end-to-end time saved'), ...lines);
  });
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

/** Moves labels apart that would lie upon each other. */
function placed(heights: readonly number[]): number[] {
  const order = heights.map((at, index) => ({ at, index })).toSorted((a, b) => a.at - b.at);
  const result = [...heights];
  let lowest = Number.NEGATIVE_INFINITY;
  for (const { at, index } of order) {
    lowest = Math.max(at, lowest + 16);
    result[index] = lowest;
  }
  return result;
}
