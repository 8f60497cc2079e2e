import { expect, test } from 'vitest';
import { duration, Progress } from './progress.js';

test('the time left follows from how much longer than their least time the steps took so far', async () => {
  let nowMs = 0;
  const lines: string[] = [];
  const progress = new Progress(
    40_000,
    (line) => lines.push(line),
    () => nowMs,
  );
  await progress.step('one', 10_000, async () => {
    nowMs += 20_000;
  });
  await progress.step('two', 10_000, async () => {
    nowMs += 20_000;
  });
  expect(lines).toEqual(['one · about 60 s left', 'two · about 60 s left']);
  expect(progress.remainingMs).toBe(40_000);
});

test.each([
  [0, '0 s'],
  [40_200, '41 s'],
  [90_000, '2 min'],
  [59 * 60_000, '59 min'],
  [200 * 60_000, '3 h 20 min'],
])('%d ms are %s', (ms, expected) => {
  expect(duration(ms)).toBe(expected);
});
