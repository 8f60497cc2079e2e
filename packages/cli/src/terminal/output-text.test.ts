import type { Output } from '@eager/execution';
import { describe, expect, test } from 'vitest';
import { outputText } from './output-text.js';

/** The start of a PNG file of 640 × 480 pixels, then as many bytes as make 23 kB. */
const png = Buffer.concat([
  Buffer.from('89504e470d0a1a0a0000000d4948445200000280000001e0', 'hex'),
  Buffer.alloc(22_976),
]).toString('base64');

const display = (data: Record<string, string | string[] | object>): Output => ({
  ...{ output_type: 'display_data', metadata: {} },
  data: data as Extract<Output, { output_type: 'display_data' }>['data'],
});

describe('outputText', () => {
  test.each<[string, Output, string]>([
    ['a stream as it is', { output_type: 'stream', name: 'stdout', text: '10%\r20%' }, '10%\r20%'],
    ['a stream in lines', { output_type: 'stream', name: 'stdout', text: ['a\n', 'b'] }, 'a\nb'],
    ['a result', display({ 'text/plain': '42', 'text/html': '<b>42</b>' }), '42\n'],
    ['a figure', display({ 'text/plain': '<Figure>', 'image/png': png }), '[image/png 640×480, 23 kB]\n'],
    ['a broken image', display({ 'image/png': 'AAAA' }), '[image/png, 3 bytes]\n'],
    ['a drawing', display({ 'image/svg+xml': ['<svg>', '</svg>'] }), '[image/svg+xml, 11 bytes]\n'],
    ['markdown', display({ 'text/markdown': '**a**' }), '**a**\n'],
    ['what has no text', display({ 'application/json': { a: 1 } }), '[application/json, 7 bytes]\n'],
    ['an order to clear', { output_type: 'clear_output', wait: false }, ''],
  ])('%s', (_, output, text) => {
    expect(outputText(output, false)).toEqual({ stream: 'stdout', text });
  });

  test('the stderr of the program goes to stderr', () => {
    expect(outputText({ output_type: 'stream', name: 'stderr', text: 'no' }, true).stream).toBe('stderr');
  });

  test.each([
    [true, 'in \x1b[32mf\x1b[39m\nValueError: no\n'],
    [false, 'in f\nValueError: no\n'],
  ])('a traceback with colour: %s', (colour, text) => {
    const traceback = ['in \x1b[32mf\x1b[39m', 'ValueError: no'];
    const output: Output = { output_type: 'error', ename: 'ValueError', evalue: 'no', traceback };
    expect(outputText(output, colour)).toEqual({ stream: 'stderr', text });
  });

  test('an exception without a traceback', () => {
    const output: Output = { output_type: 'error', ename: 'ValueError', evalue: 'no', traceback: [] };
    expect(outputText(output, true).text).toBe('ValueError: no\n');
  });
});
