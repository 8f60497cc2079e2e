import { CONTENDERS } from '../../contenders/index.js';
import type { Results } from '../../results.js';
import { median, spread } from '../../statistics.js';
import { asShare, avoidableWaitSaved, isNotable, pairsOf, waitSaved } from '../../summary.js';
import { distanceToBound } from '../charts/distance-to-bound.js';
import { predictionError } from '../charts/prediction-error.js';
import { waitAgainstSerial } from '../charts/wait-against-serial.js';
import type { Markup } from '../markup.js';
import { table } from '../table.js';
import { byWorkload, contenderLegend, contendersOf, details, figure, paragraph, section } from './layout.js';

export function waits(results: Results): Markup {
  const contenders = contendersOf(results).filter((contender) => contender !== 'serial');
  const dots = contenders.flatMap((contender) =>
    pairsOf(results, contender).map(({ run, serial, key }) => ({
      contender,
      serialMs: serial.nonOverlappedMs,
      waitMs: run.nonOverlappedMs,
      name: key,
    })),
  );
  const rows = contenders.map((contender) => {
    const pairs = pairsOf(results, contender).filter(isNotable);
    const saved = spread(pairs.map(waitSaved));
    const avoidable = spread(pairs.flatMap((pair) => avoidableWaitSaved(pair) ?? []));
    const shares = [saved.median, saved.max, saved.min, avoidable.median];
    const cells = shares.map((share) => (Number.isNaN(share) ? '–' : asShare(share)));
    return [CONTENDERS[contender].label, pairs.length, ...cells];
  });
  return section(
    'The wait after the last token',
    'Each dot is one run, placed by how long the serial run of the same round kept its user waiting after the last token (to the ' +
      'right) and how long this run did (upwards). The lower, the better; the diagonals say how many times shorter.',
    contenderLegend(contenders),
    figure(waitAgainstSerial(dots), 'Point at a dot for its round.'),
    paragraph(
      'By how much the wait is shorter, for programs that run at least 0.5 s. The last column leaves out what nobody could save: ' +
        'a program that runs longer than it is written keeps its user waiting, whoever runs it.',
    ),
    table(['contender', 'runs', 'wait cut, median', 'best', 'worst', 'of what could be cut, median'], rows),
  );
}

export function distances(results: Results): Markup {
  const found = contendersOf(results).map((contender) => ({
    contender,
    label: CONTENDERS[contender].label,
    excessMs: results.rounds.flatMap(({ runs, lowerMs }) =>
      runs.flatMap((run) =>
        run.contender === contender && lowerMs ? Math.max(0, run.endToEndMs - lowerMs) : [],
      ),
    ),
  }));
  return section(
    'Distance to the lower bound',
    'The lower bound of a round is the moment at which an executor without any overhead would have been done, from the times at ' +
      'which the tokens came and the durations that the eager run measured. A line tells for every distance which share of the ' +
      'runs ended within it.',
    contenderLegend(found.map(({ contender }) => contender)),
    figure(distanceToBound(found), `All ${results.rounds.length} rounds.`),
  );
}

export function predictions(results: Results): Markup {
  const pairs = pairsOf(results, 'eager').filter(({ run }) => run.predictionError !== null);
  const rows = byWorkload(pairs).map(([workload, of]) => ({
    workload,
    errors: of.flatMap(({ run }) => run.predictionError ?? []),
  }));
  const off = pairs.filter(({ run }) => run.deviation !== null);
  const errors = rows.flatMap((row) => row.errors.map(Math.abs));
  return section(
    'The latency model',
    'Each eager run is predicted from when its statements were complete, how long each ran, and the median overhead of a batch. ' +
      'The prediction counts as right within 5 % (the band).',
    figure(predictionError(rows), `Median error ${asShare(median(errors))}; ${errors.length} runs.`),
    off.length === 0
      ? paragraph('No run was further off.')
      : details(
          `${off.length} runs were further off: the span that broke the model’s assumptions`,
          table(
            ['round', 'error', 'span'],
            off.map(({ key, run }) => [key, asShare(run.predictionError ?? 0), run.deviation ?? '']),
          ),
        ),
  );
}
