import { expect, test } from 'vitest';
import { colourTheme, plainTheme, themeFor } from './theme.js';

test.each([
  ['a terminal', true, { TERM: 'xterm-256color' }, true],
  ['a pipe', false, { TERM: 'xterm-256color' }, false],
  ['NO_COLOR', true, { TERM: 'xterm-256color', NO_COLOR: '1' }, false],
  ['FORCE_COLOR in a pipe', false, { FORCE_COLOR: '1' }, true],
  ['FORCE_COLOR=0 on a terminal', true, { TERM: 'xterm-256color', FORCE_COLOR: '0' }, false],
  ['a dumb terminal', true, { TERM: 'dumb' }, false],
])('%s', (_, isTTY, env, colour) => {
  expect(themeFor({ isTTY }, env)).toBe(colour ? colourTheme : plainTheme);
});
