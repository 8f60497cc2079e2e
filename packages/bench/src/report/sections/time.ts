import { CONTENDERS } from '../../contenders/index.js';
import { MODEL_PROFILES, RATES } from '../../profiles.js';
import type { Results } from '../../results.js';
import { grouped, median } from '../../statistics.js';
import { pairsOf } from '../../summary.js';
import { WORKLOADS } from '../../workloads/index.js';
import { shortTime } from '../charts/chart.js';
import { profileTimes } from '../charts/profiles.js';
import { savedByRate } from '../charts/saved-by-rate.js';
import { whereTimeWent } from '../charts/where-time-went.js';
import { all, element, type Markup } from '../markup.js';
import { table } from '../table.js';
import {
  byWorkload,
  details,
  figure,
  legend,
  NOT_MEASURED,
  order,
  paceLabel,
  paragraph,
  section,
} from './layout.js';

/** Stacked bars for each workload, of rounds with as many contenders as there are. */
export function timeShares(results: Results): Markup {
  const embedded = results.rounds.filter(({ environment }) => environment === 'embedded');
  const charts = byWorkload(embedded).flatMap(([workload, rounds]) => {
    const most = Math.max(...rounds.map(({ runs }) => runs.length));
    const fullest = rounds.filter(({ runs }) => runs.length === most);
    const [[pace, shown] = ['', []]] = grouped(fullest, (round) => round.pace);
    const runs = grouped(
      shown.flatMap((round) => round.runs),
      ({ contender }) => contender,
    );
    const shares = [...runs]
      .toSorted(([a], [b]) => order(a) - order(b))
      .map(([contender, of]) => ({
        contender,
        label: CONTENDERS[contender].label,
        ttftMs: median(of.map(({ ttftMs }) => ttftMs)),
        writingMs: median(of.map(({ generationMs, ttftMs }) => generationMs - ttftMs)),
        waitMs: median(of.map(({ nonOverlappedMs }) => nonOverlappedMs)),
      }));
    const extent = `${shown.length} program${shown.length === 1 ? '' : 's'} at ${paceLabel(pace)}, medians`;
    return [element('h3', {}, workload), paragraph(extent, 'muted'), figure(whereTimeWent(workload, shares))];
  });
  return section(
    'Where the time went',
    'A user waits for the first token, then for the text to be written, then for what has not been run by then. The first two ' +
      'are the model’s; only the last, in colour, depends on how the program is run.',
    legend([
      ['ttft', 'waiting for the first token'],
      ['writing', 'the model writes'],
      ['wait', 'wait after the last token'],
    ]),
    ...charts,
  );
}

export function rates(results: Results): Markup {
  const rounds = pairsOf(results, 'eager').filter(
    ({ environment, pace }) => environment === 'embedded' && RATES.some(({ name }) => name === pace),
  );
  const names = Object.keys(WORKLOADS);
  const series = byWorkload(rounds).map(([workload, pairs]) => {
    const atRates = [...grouped(pairs, ({ pace }) => Number(pace))].toSorted(([a], [b]) => a - b);
    // Only programs that were run at each of the rates: others would bend the line.
    const isEverywhere = (program: string) =>
      atRates.every(([, at]) => at.some((pair) => pair.program === program));
    return {
      label: workload,
      color: names.indexOf(workload) + 1,
      points: atRates.map(([tokensPerSecond, at]) => ({
        tokensPerSecond,
        shares: at
          .filter(({ program }) => isEverywhere(program))
          .map(({ run }) => 1 - (run.ratioToSerial ?? 1)),
      })),
    };
  });
  return section(
    'Saved time against the rate of the model',
    'The share of the serial end-to-end time that an eager run saves, in an embedded kernel. The slower the model and the longer ' +
      'the program runs, the more work fits behind the writing: a program that runs longer than it is written saves at most its ' +
      'writing time, one that is written longer than it runs at most its running time.',
    series.length === 0
      ? NOT_MEASURED
      : figure(
          savedByRate(series),
          'Medians of the programs that were run at each rate, with the middle half of them as whiskers.',
        ),
  );
}

export function profiles(results: Results): Markup {
  const pairs = pairsOf(results, 'eager').filter(({ pace }) =>
    MODEL_PROFILES.some(({ name }) => name === pace),
  );
  const rows = MODEL_PROFILES.flatMap(({ name, label }) => {
    const here = pairs.filter(({ pace }) => pace === name);
    return [...grouped(here, ({ workload }) => workload)]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([workload, of]) => ({
        profile: label,
        workload,
        serialMs: median(of.map(({ serial }) => serial.endToEndMs)),
        eagerMs: median(of.map(({ run }) => run.endToEndMs)),
        lowerMs: median(of.flatMap(({ lowerMs }) => lowerMs ?? [])),
      }));
  });
  if (rows.length === 0) return all();
  const sources = MODEL_PROFILES.map(({ label, ttftMs, tokensPerSecond, jitter, tokensPerChunk, source }) => [
    label,
    shortTime(ttftMs),
    `${tokensPerSecond} tokens/s`,
    `± ${Math.round(100 * jitter)} %`,
    tokensPerChunk,
    source,
  ]);
  return section(
    'Seven models',
    'The same programs at the pace of seven models, from slow to fast. The line is what an eager run saves; the mark is the lower ' +
      'bound, before which no executor could be done.',
    legend([
      ['c-serial', 'serial'],
      ['c-eager', 'eager'],
      ['bound', 'lower bound'],
    ]),
    figure(profileTimes(rows), 'Median end-to-end times.'),
    details(
      'Where these figures come from',
      table(
        ['model', 'first token', 'rate', 'jitter (assumed)', 'tokens a chunk (assumed)', 'source'],
        sources,
      ),
    ),
  );
}
