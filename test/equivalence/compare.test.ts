import { expect, test } from 'vitest';
import { differences } from './compare.js';
import type { Observation } from './observe.js';

const error = {
  ename: 'ZeroDivisionError',
  evalue: 'division by zero',
  traceback: ['Cell In[2], line 3\n----> 3 1 / 0'],
};

const serial: Observation = {
  outputs: [
    { output_type: 'stream', name: 'stdout', text: 'a\nb\n' },
    {
      output_type: 'display_data',
      data: { 'image/png': 'iVBORw0KGgo=', 'text/plain': '<Figure>' },
      metadata: {},
    },
    { output_type: 'execute_result', execution_count: 2, data: { 'text/plain': '5' }, metadata: {} },
    { output_type: 'error', ...error },
  ],
  saved: [],
  error,
  afterwards: {
    inputs: ['print(1)\n1 / 0\nprint(2)'],
    names: { x: ['builtins', 'int', '1'] },
    executionCount: 3,
  },
};

test('an observation has no differences to itself, nor to one whose program ended where it failed', () => {
  expect(differences(serial, serial)).toEqual([]);
  expect(
    differences(serial, { ...serial, afterwards: { ...serial.afterwards, inputs: ['print(1)\n1 / 0'] } }),
  ).toEqual([]);
});

test.each<[string, (text: string) => string]>([
  ['a character of a stream', (text) => text.replace('a\\nb', 'a\\nB')],
  ['the name of a stream', (text) => text.replace('stdout', 'stderr')],
  ['a byte of an image', (text) => text.replace('iVBORw0KGgo', 'iVBORw0KGgp')],
  ['a mime type', (text) => text.replace('image/png', 'image/jpeg')],
  ['an execution count', (text) => text.replace('"execution_count":2', '"execution_count":3')],
  ['the number of the failing line', (text) => text.replaceAll('line 3', 'line 4')],
  ['the message of an error', (text) => text.replaceAll('division by zero', 'division')],
  ['the value of a name', (text) => text.replace('"int","1"', '"int","2"')],
  ['the type of a name', (text) => text.replace('"int"', '"bool"')],
  ['a name more', (text) => text.replace('"names":{', '"names":{"y":[],')],
  ['an output less', (text) => text.replace(/\{"output_type":"display_data".*?"metadata":\{\}\},/, '')],
  ['an input that is not what was written', (text) => text.replace('print(1)', 'print(9)')],
])('%s is a difference', (_, change) => {
  const text = JSON.stringify(serial);
  expect(change(text)).not.toBe(text);
  expect(differences(serial, JSON.parse(change(text)))).not.toEqual([]);
});

test('a shorter input is a difference when nothing failed', () => {
  const ok = { ...serial, error: null };
  expect(differences(ok, { ...ok, afterwards: { ...ok.afterwards, inputs: ['print(1)'] } })).not.toEqual([]);
});
