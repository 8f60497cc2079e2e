import { expect, test } from 'vitest';
import { compareVersions } from './version.js';

test.each([
  ['3.9.18', '3.10', -1],
  ['3.10', '3.9', 1],
  ['3.10.0', '3.10', 0],
  ['6.29.0', '6.29', 0],
  ['6.3', '6.29', -1],
  ['7.0.0rc1', '7.0.0', 0],
  ['3.13-0123456789ab', '3.9-0123456789ab', 1],
  ['', '0', 0],
])('%s against %s: %i', (a, b, sign) => {
  expect(Math.sign(compareVersions(a, b))).toBe(sign);
  expect(Math.sign(compareVersions(b, a))).toBe(sign === 0 ? 0 : -sign);
});
