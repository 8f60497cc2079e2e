import type { Results } from '../../results.js';
import { median } from '../../statistics.js';
import { asRatio, asShare, isNotable, pairsOf, summaryOf, targetsOf, waitSaved } from '../../summary.js';
import { element, type Markup } from '../markup.js';
import { table } from '../table.js';
import { section } from './layout.js';

/** The four figures that a reader should take away. */
export function keyFigures(results: Results): Markup {
  const pairs = pairsOf(results, 'eager');
  const notable = pairs.filter(isNotable);
  const { ratioToBound, ratioToSerial, cpuShare, equal, count } = summaryOf(results, 'eager');
  const figure = (value: string, about: string) =>
    element('div', { class: 'figure' }, element('b', {}, value), element('span', {}, about));
  return element(
    'div',
    { class: 'figures' },
    figure(
      asShare(median(notable.map(waitSaved))),
      'of the wait after the last token is gone (median of programs that run ≥ 0.5 s)',
    ),
    figure(asShare(1 - ratioToSerial.median), 'of the end-to-end time is saved (median)'),
    figure(
      `${asRatio(ratioToBound.median)} ×`,
      'the lower bound: no executor could be done earlier than 1 × (median)',
    ),
    figure(
      `${equal.cell} of ${count}`,
      `runs gave byte for byte what the serial run gave; the engine took ${asShare(cpuShare.median)} of a core`,
    ),
  );
}

export function targets(results: Results): Markup {
  const rows = targetsOf(results).map(({ name, promised, measured, isMet, shortfall, count }) => [
    name,
    promised,
    measured ?? 'not measured',
    measured === undefined
      ? '–'
      : element(
          'span',
          { class: isMet ? 'met' : 'missed' },
          isMet ? 'met' : `NOT MET${shortfall ? `: ${shortfall}` : ''}`,
        ),
    count,
  ]);
  return section(
    'Targets',
    'What the project promises, as ratios within this one series of runs. Every ratio is of two runs of the same round.',
    table(['target', 'promised', 'measured', '', 'runs'], rows),
  );
}
