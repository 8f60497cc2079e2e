import { describe, expect, test } from 'vitest';
import { cumulative, grouped, median, pairedRatios, quantile, spread } from './statistics.js';

describe('quantile', () => {
  // By R's quantile(…, type = 7), and numpy's default.
  test.each<[values: number[], share: number, expected: number]>([
    [[7], 0.95, 7],
    [[1, 2], 0.5, 1.5],
    [[3, 1, 2], 0.5, 2],
    [[4, 1, 3, 2], 0.25, 1.75],
    [[10, 20, 30, 40, 50], 0.95, 48],
    [[1, 2, 3], 0, 1],
    [[1, 2, 3], 1, 3],
  ])('of %j at %d is %d', (values, share, expected) => {
    expect(quantile(values, share)).toBeCloseTo(expected, 12);
  });

  test('of nothing is no number', () => {
    expect(quantile([], 0.5)).toBeNaN();
  });

  test('leaves its argument as it was', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });
});

test('a spread has the quartiles around the median', () => {
  expect(spread([5, 1, 4, 2, 3])).toEqual({
    ...{ count: 5, min: 1, lower: 2, median: 3, upper: 4, max: 5 },
    p95: expect.closeTo(4.8, 12),
  });
});

test.each<[string, [number, number][], number[]]>([
  [
    'are of one pair each, not of sums',
    [
      [1, 2],
      [30, 10],
    ],
    [0.5, 3],
  ],
  [
    'leave out pairs that have nothing to be compared with',
    [
      [1, 0],
      [3, 4],
    ],
    [0.75],
  ],
  ['of nothing are none', [], []],
])('paired ratios %s', (_, pairs, expected) => {
  expect(pairedRatios(pairs)).toEqual(expected);
});

test('a cumulative distribution ends at all of the values', () => {
  expect(cumulative([3, 1, 1, 2])).toEqual([
    { value: 1, share: 0.25 },
    { value: 1, share: 0.5 },
    { value: 2, share: 0.75 },
    { value: 3, share: 1 },
  ]);
});

test('groups keep the order of their first items', () => {
  expect([...grouped(['bb', 'a', 'cc'], (text) => text.length)]).toEqual([
    [2, ['bb', 'cc']],
    [1, ['a']],
  ]);
});
