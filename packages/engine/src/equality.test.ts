import type { IOutput } from '@jupyterlab/nbformat';
import { describe, expect, test } from 'vitest';
import { differences } from './equality.js';

const stdout = (text: string): IOutput => ({ output_type: 'stream', name: 'stdout', text });
const stderr = (text: string): IOutput => ({ output_type: 'stream', name: 'stderr', text });
const display = (data: Record<string, string>): IOutput => ({
  output_type: 'display_data',
  data,
  metadata: {},
});
const error = (...traceback: string[]): IOutput => ({
  output_type: 'error',
  ename: 'ValueError',
  evalue: 'x',
  traceback,
});

describe('differences', () => {
  test.each<[string, IOutput[], IOutput[]]>([
    ['no outputs', [], []],
    ['the same text in other pieces', [stdout('ab')], [stdout('a'), stdout('b')]],
    ['stdout and stderr in another order', [stdout('a'), stderr('b')], [stderr('b'), stdout('a')]],
    ['addresses', [stdout('<object at 0x7f01a2b3c4d5>')], [stdout('<object at 0x7f99a2b3c4d5>')]],
    [
      'file names of cells',
      [stderr('/tmp/ipykernel_12/3141592653.py:3: UserWarning')],
      [stderr('/tmp/ipykernel_77/2718281828.py:3: UserWarning')],
    ],
    [
      'lines around the failing one',
      [error('Cell In[1], line 1\n----> 1 f()\n      2 g()')],
      [error('Cell In[1], line 1\n----> 1 f()')],
    ],
    ['colours of a traceback', [error('\u001b[31mValueError\u001b[39m: x')], [error('ValueError: x')]],
  ])('is empty when only %s differ', (_what, serial, eager) => {
    expect(differences(serial, eager)).toEqual([]);
  });

  test.each<[string, IOutput[], IOutput[], RegExp]>([
    ['text', [stdout('a')], [stdout('b')], /^stdout: serial "a", eager "b"$/],
    ['a stream', [stdout('a')], [stderr('a')], /^stdout: only in the serial run: "a"$/],
    ['a display', [], [display({ 'text/plain': '1' })], /^display_data 1: only in the eager run/],
    ['an image', [display({ 'image/png': 'AAAA' })], [display({ 'image/png': 'AAAB' })], /^display_data 1: /],
    [
      'the order of displays',
      [display({ 'text/plain': '1' }), display({ 'text/plain': '2' })],
      [display({ 'text/plain': '2' }), display({ 'text/plain': '1' })],
      /^display_data 1: /,
    ],
    [
      'the line of a frame',
      [error('Cell In[1], line 1\n----> 1 f()')],
      [error('Cell In[1], line 2\n----> 2 f()')],
      /^error: /,
    ],
    ['the number of frames', [error('Cell In[1], line 1')], [error()], /^error: /],
    ['a small number in hexadecimal', [stdout('0x1f')], [stdout('0x2f')], /^stdout: /],
  ])('names a difference in %s', (_what, serial, eager, message) => {
    expect(differences(serial, eager)[0]).toMatch(message);
  });
});
