import { CONTENDERS } from '../../contenders/index.js';
import { ENVIRONMENTS } from '../../environments/index.js';
import type { Results } from '../../results.js';
import { grouped } from '../../statistics.js';
import { asMs, asRatio, asShare, summaryOf } from '../../summary.js';
import { WORKLOADS, type WorkloadName } from '../../workloads/index.js';
import { shortTime } from '../charts/chart.js';
import type { Markup } from '../markup.js';
import { table } from '../table.js';
import { contendersOf, details, section } from './layout.js';

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

export function method(results: Results): Markup {
  const contenders = contendersOf(results).map((name) => [CONTENDERS[name].label, CONTENDERS[name].about]);
  const sets = (Object.keys(WORKLOADS) as WorkloadName[]).filter((set) =>
    results.rounds.some(({ workload }) => workload === set),
  );
  const programs = (set: WorkloadName) =>
    new Set(results.rounds.filter(({ workload }) => workload === set).map(({ program }) => program)).size;
  const environments = [...new Set(results.rounds.map(({ environment }) => environment))];
  return section(
    'How it was measured',
    'In each round all contenders run the same program, whose tokens come at the same times, one contender after the other in an ' +
      'order that rotates from round to round. Each has a fresh kernel (or process) that is ready before the run begins and has ' +
      'imported nothing; so imports are part of every run. Tokens are those of a byte-pair encoder (o200k); jitter is seeded. The ' +
      'processor time of the engine is that of this whole Node process, less what the replay of the tokens takes alone; that of ' +
      'the paper’s recipe is its parsing process’s. Figures are rendered by all contenders with the same settings, when they are shown or at ' +
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
