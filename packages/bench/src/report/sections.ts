import { CONTENDERS, type ContenderName } from '../contenders/index.js';
import { ENVIRONMENTS } from '../environments/index.js';
import { MODEL_PROFILES, RATES } from '../profiles.js';
import type { Results } from '../results.js';
import { grouped, median } from '../statistics.js';
import { asMs, asRatio, asShare, isNotable, pairsOf, summaryOf, targetsOf, waitSaved } from '../summary.js';
import { WORKLOADS, type WorkloadName } from '../workloads/index.js';
import { shortTime } from './charts/chart.js';
import { distanceToBound } from './charts/distance-to-bound.js';
import { predictionError } from './charts/prediction-error.js';
import { profileTimes } from './charts/profiles.js';
import { savedByRate } from './charts/saved-by-rate.js';
import { waitAgainstSerial } from './charts/wait-against-serial.js';
import { whereTimeWent } from './charts/where-time-went.js';
import { all, element, type Markup } from './markup.js';
import { table } from './table.js';

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

/** Stacked bars for each workload, of rounds with as many contenders as there are. */
export function timeShares(results: Results): Markup {
  const byWorkload = grouped(
    results.rounds.filter(({ environment }) => environment === 'embedded'),
    ({ workload }) => workload,
  );
  const charts = [...byWorkload].flatMap(([workload, rounds]) => {
    const most = Math.max(...rounds.map(({ runs }) => runs.length));
    const [, shown = []] =
      [
        ...grouped(
          rounds.filter(({ runs }) => runs.length === most),
          ({ pace }) => pace,
        ),
      ][0] ?? [];
    const [pace = ''] = shown.map((round) => round.pace);
    const shares = [
      ...grouped(
        shown.flatMap(({ runs }) => runs),
        ({ contender }) => contender,
      ),
    ].map(([contender, runs]) => ({
      contender,
      label: CONTENDERS[contender].label,
      ttftMs: median(runs.map(({ ttftMs }) => ttftMs)),
      writingMs: median(runs.map(({ generationMs, ttftMs }) => generationMs - ttftMs)),
      waitMs: median(runs.map(({ nonOverlappedMs }) => nonOverlappedMs)),
    }));
    const caption = `${workload}: ${shown.length} program${shown.length === 1 ? '' : 's'}, ${paceLabel(pace)}, medians`;
    return [
      figure(
        whereTimeWent(
          workload,
          shares.toSorted((a, b) => order(a.contender) - order(b.contender)),
        ),
        caption,
      ),
    ];
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
  const sets = Object.keys(WORKLOADS);
  const series = [...grouped(rounds, ({ workload }) => workload)].map(([label, pairs]) => ({
    label,
    color: sets.indexOf(label) + 1,
    points: [...grouped(pairs, ({ pace }) => Number(pace))]
      .toSorted(([a], [b]) => a - b)
      .map(([tokensPerSecond, at]) => ({
        tokensPerSecond,
        shares: at.map(({ run }) => 1 - (run.ratioToSerial ?? 1)),
      })),
  }));
  return section(
    'Saved time against the rate of the model',
    'The share of the serial end-to-end time that an eager run saves, in an embedded kernel. The slower the model and the longer ' +
      'the program runs, the more work fits behind the writing: a program that runs longer than it is written saves at most its ' +
      'writing time, one that is written longer than it runs at most its running time.',
    series.length === 0
      ? NOT_MEASURED
      : figure(savedByRate(series), 'Medians, with the middle half of the programs as whiskers.'),
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
  return section(
    'The wait after the last token',
    'Each dot is one run, placed by how long the serial run of the same round kept its user waiting after the last token (to the ' +
      'right) and how long this run did (upwards). The lower, the better; the diagonals say how many times shorter.',
    contenderLegend(contenders),
    figure(waitAgainstSerial(dots), 'Point at a dot for its round.'),
  );
}

export function predictions(results: Results): Markup {
  const pairs = pairsOf(results, 'eager').filter(({ run }) => run.predictionError !== null);
  const rows = [...grouped(pairs, ({ workload }) => workload)].map(([workload, of]) => ({
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

export function environments(results: Results): Markup {
  const rows = [...grouped(results.rounds, ({ environment }) => environment)].flatMap(
    ([environment, rounds]) =>
      contendersOf({ rounds }).map((contender) => {
        const { count, nonOverlappedMs, ratioToSerial, ratioToBound, cpuShare, equal } = summaryOf(
          { rounds },
          contender,
        );
        return [
          ENVIRONMENTS[environment].label,
          CONTENDERS[contender].label,
          `${shortTime(nonOverlappedMs.median)} (${shortTime(nonOverlappedMs.lower)} – ${shortTime(nonOverlappedMs.upper)})`,
          `${asRatio(ratioToSerial.median)} (${asRatio(ratioToSerial.lower)} – ${asRatio(ratioToSerial.upper)})`,
          `${asRatio(ratioToBound.median)} (p95 ${asRatio(ratioToBound.p95)})`,
          asShare(cpuShare.median),
          `${equal.cell}${equal.content > 0 ? ` + ${equal.content}` : ''} of ${count}`,
        ];
      }),
  );
  const headings = [
    'environment',
    'contender',
    'wait after the last token',
    '÷ serial',
    '÷ lower bound',
    'processor',
    'equal outputs',
  ];
  return section(
    'All environments',
    'Medians over the rounds of an environment, with the quartiles in brackets. Ratios are of end-to-end times in the same round. ' +
      'Processor: time of everything but the program, as a share of one core. Equal outputs: byte for byte as one cell gives them, ' +
      'and after the + those with the same text, figures and error, shown in another way.',
    table(headings, rows),
  );
}

export function rounds(results: Results): Markup {
  const rows = results.rounds.flatMap(({ key, tokens, lowerMs, runs }) =>
    runs.map((run) => [
      key,
      CONTENDERS[run.contender].label,
      tokens,
      run.statements,
      run.batches,
      asMs(run.generationMs),
      asMs(run.executionMs),
      asMs(run.nonOverlappedMs),
      asMs(run.endToEndMs),
      lowerMs === null ? '–' : asMs(lowerMs),
      run.heldMs > 0 ? asMs(run.heldMs) : '–',
      run.status === 'ok' ? run.equality : `${run.status}, ${run.equality}`,
    ]),
  );
  const headings = [
    ...[
      'round',
      'contender',
      'tokens',
      'statements',
      'batches',
      'written by',
      'ran for',
      'wait',
      'end to end',
    ],
    ...['lower bound', 'held', 'outputs'],
  ];
  return section(
    'Every run',
    'In the order in which they were measured.',
    details(`${rows.length} runs`, table(headings, rows)),
  );
}

export function method(results: Results): Markup {
  const contenders = contendersOf(results).map((name) => [CONTENDERS[name].label, CONTENDERS[name].about]);
  const sets = [...new Set(results.rounds.map(({ workload }) => workload))];
  const programs = (set: WorkloadName) =>
    new Set(results.rounds.filter(({ workload }) => workload === set).map(({ program }) => program)).size;
  const environments = [...new Set(results.rounds.map(({ environment }) => environment))];
  return section(
    'How it was measured',
    'In each round all contenders run the same program, whose tokens come at the same times, one contender after the other in an ' +
      'order that rotates from round to round. Each has a fresh kernel (or process) that is ready before the run begins and has ' +
      'imported nothing; so imports are part of every run. Tokens are those of a byte-pair encoder (o200k); jitter is seeded. The ' +
      'processor time of the engine is that of this whole Node process, the replay of the tokens included; that of the paper’s ' +
      'recipe is its parsing process’s. Figures are rendered by all contenders with the same settings, when they are shown or at ' +
      'the end. Absolute times hold for the machine named above alone.',
    table(['contender', 'what it does'], contenders),
    table(
      ['workload', 'programs here', 'what it is'],
      sets.map((set) => [WORKLOADS[set].label, programs(set), WORKLOADS[set].about]),
    ),
    table(
      ['environment', 'what it is'],
      environments.map((name) => [ENVIRONMENTS[name].label, ENVIRONMENTS[name].about]),
    ),
  );
}

function section(title: string, about: string, ...content: readonly Markup[]): Markup {
  return element('section', {}, element('h2', {}, title), paragraph(about), ...content);
}

function paragraph(text: string): Markup {
  return element('p', {}, text);
}

function figure(drawing: Markup, caption: string): Markup {
  return element('figure', {}, drawing, element('figcaption', {}, caption));
}

function details(summary: string, content: Markup): Markup {
  return element('details', {}, element('summary', {}, summary), content);
}

function legend(entries: readonly (readonly [className: string, label: string])[]): Markup {
  const marks = entries.map(([className, label]) =>
    element('span', { class: 'key' }, element('i', { class: className }), label),
  );
  return element('div', { class: 'legend' }, ...marks);
}

function contenderLegend(contenders: readonly ContenderName[]): Markup {
  return legend(contenders.map((name) => [`c-${name}`, CONTENDERS[name].label]));
}

/** Those that have runs, in the order in which they are listed. */
function contendersOf({ rounds }: Pick<Results, 'rounds'>): ContenderName[] {
  const names = new Set(rounds.flatMap(({ runs }) => runs.map(({ contender }) => contender)));
  return [...names].toSorted((a, b) => order(a) - order(b));
}

function order(contender: ContenderName): number {
  return Object.keys(CONTENDERS).indexOf(contender);
}

function paceLabel(name: string): string {
  return [...RATES, ...MODEL_PROFILES].find((pace) => pace.name === name)?.label ?? name;
}

const NOT_MEASURED = element('p', { class: 'muted' }, 'Not measured in this series.');
