import { describe, expect, test } from 'vitest';
import type { RoundResult } from './measure.js';
import { results, round, run } from './results.fixture.js';
import { avoidableWaitSaved, pairsOf, ratios, targetLines, targetsOf, waitSaved } from './summary.js';

/** Writing takes 2000 ms, running 1000. */
const GOOD = round({}, { endToEndMs: 3000 }, { endToEndMs: 2002 });

function target(name: string, ...rounds: RoundResult[]) {
  const found = targetsOf(results(...rounds)).find((candidate) => candidate.name.startsWith(name));
  if (!found) throw new Error(`There is no target "${name}".`);
  return found;
}

describe('targets', () => {
  test('are met by runs that hardly wait', () => {
    const paper = run('paper-recipe', { endToEndMs: 2100 });
    const lines = targetLines(results(round({}, { endToEndMs: 3000 }, { endToEndMs: 2000.9 }, paper)));
    expect(lines).toEqual(lines.map(() => expect.stringMatching(/^met: /)));
  });

  test.each<[name: string, target: string, ...rounds: RoundResult[]]>([
    [
      'short by 24 points',
      'wait after the last token cut, median',
      round({}, { endToEndMs: 3000 }, { endToEndMs: 2250 }),
    ],
    [
      'over by 0.105',
      'end to end ÷ lower bound, median',
      round({}, { endToEndMs: 3000 }, { endToEndMs: 2250 }),
    ],
    ['over by 3.0 ms', 'slower than serial', GOOD, round({}, { endToEndMs: 2001 }, { endToEndMs: 2009 })],
    [
      'over by 3 %',
      'processor time',
      round({}, { endToEndMs: 3000 }, { endToEndMs: 2000, engineCpuMs: 100 }),
    ],
    [
      'analysis: 1.100',
      'end to end ÷ the paper',
      round({}, {}, { endToEndMs: 2200 }, run('paper-recipe', { endToEndMs: 2000 })),
    ],
    ['analysis/one@100@embedded', 'outputs equal', round({}, {}, { equality: 'different' })],
  ])('that are missed say %s', (shortfall, name, ...rounds) => {
    expect(target(name, ...rounds)).toMatchObject({ isMet: false, shortfall });
  });

  test('say so when nothing was measured', () => {
    for (const { isMet, measured } of targetsOf(results())) {
      expect([isMet, measured]).toEqual([false, undefined]);
    }
  });

  test('look at the wait only of programs that run for half a second', () => {
    const short = round({}, { endToEndMs: 2010, executionMs: 10 }, { endToEndMs: 2009 });
    expect(target('wait after the last token cut, median', GOOD, short).count).toBe(1);
  });
});

test('a pair is of one round', () => {
  const only = { ...GOOD, runs: GOOD.runs.filter(({ contender }) => contender === 'eager') };
  expect(pairsOf(results(GOOD, only), 'eager')).toHaveLength(1);
});

test('a wait of 2 ms instead of 1000 saves 99.8 % of it', () => {
  expect(pairsOf(results(GOOD), 'eager').map(waitSaved)).toEqual([expect.closeTo(0.998, 10)]);
});

test.each<[string, number, number | undefined]>([
  ['all', 2000, 1],
  ['half', 2500, 0.5],
  ['less than nothing', 3500, -0.5],
])('of the wait that could be saved a run saves %s', (_, endToEndMs, expected) => {
  expect(
    pairsOf(results(round({}, { endToEndMs: 3000 }, { endToEndMs })), 'eager').map(avoidableWaitSaved),
  ).toEqual([expected]);
});

test('where the serial run is at the bound, nothing could be saved', () => {
  const pairs = pairsOf(results(round({}, { endToEndMs: 2000 }, { endToEndMs: 2000 })), 'eager');
  expect(pairs.map(avoidableWaitSaved)).toEqual([undefined]);
});

test('ratios between contenders are of one round each, by workload', () => {
  const other = round({ workload: 'plots' }, { endToEndMs: 4000 }, { endToEndMs: 1000 });
  expect(ratios(results(GOOD, other), 'eager', 'serial')).toEqual([
    { workload: 'analysis', ratios: [expect.closeTo(2002 / 3000, 10)] },
    { workload: 'plots', ratios: [0.25] },
  ]);
});
