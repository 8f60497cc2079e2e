import { expect, it } from 'vitest';
import { formatMs, formatShare } from './format-ms.js';

it.each([
  [0, '0 ms'],
  [0.42, '0.4 ms'],
  [9.94, '9.9 ms'],
  [9.96, '10 ms'],
  [152.4, '152 ms'],
  [999.4, '999 ms'],
  [999.6, '1.00 s'],
  [13_214, '13.21 s'],
  [99_994, '99.99 s'],
  [99_996, '100.0 s'],
  [-37.2, '-37 ms'],
])('formatMs(%d) is %s', (durationMs, expected) => {
  expect(formatMs(durationMs)).toBe(expected);
});

it.each([
  [0, '0.0 %'],
  [0.0042, '0.4 %'],
  [0.178, '18 %'],
  [1.5, '150 %'],
])('formatShare(%d) is %s', (share, expected) => {
  expect(formatShare(share)).toBe(expected);
});
