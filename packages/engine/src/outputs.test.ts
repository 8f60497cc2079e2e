import type { Output } from '@eager/execution';
import type { IOutput } from '@jupyterlab/nbformat';
import { describe, expect, it } from 'vitest';
import { CellOutputs, finalOutputs } from './outputs.js';

const out = (text: string): Output => ({ output_type: 'stream', name: 'stdout', text });
const err = (text: string): Output => ({ output_type: 'stream', name: 'stderr', text });
const clear = (wait = false): Output => ({ output_type: 'clear_output', wait });
const withId = (id?: string) => (id === undefined ? {} : { transient: { display_id: id } });
const display = (text: string, id?: string): Output => {
  return { output_type: 'display_data', data: { 'text/plain': text }, metadata: {}, ...withId(id) };
};
const result = (text: string, id?: string): Output => {
  const data = { 'text/plain': text };
  return { output_type: 'execute_result', execution_count: 1, data, metadata: {}, ...withId(id) };
};
const update = (text: string, id?: string): Output => {
  const data = { 'text/plain': text };
  return { output_type: 'update_display_data', data, metadata: { updated: true }, ...withId(id) };
};
const error: Output = { output_type: 'error', ename: 'E', evalue: 'e', traceback: ['E: e'] };

/** An output in short: streams as `stdout:text`, displays and results as `type:text`. */
function short(output: IOutput): string {
  if (output.output_type === 'stream') return `${output.name}:${output.text}`;
  if (output.output_type === 'error') return 'error';
  const { 'text/plain': text } = output.data as Record<string, string>;
  return `${output.output_type === 'execute_result' ? 'result' : 'display'}:${text}`;
}

describe('finalOutputs', () => {
  it.each<[name: string, published: Output[], held: string[]]>([
    ['nothing', [], []],
    [
      'consecutive streams of one name',
      [out('a'), out('b'), err('c'), out('d')],
      ['stdout:ab', 'stderr:c', 'stdout:d'],
    ],
    ['streams around a display', [out('a'), display('x'), out('b')], ['stdout:a', 'display:x', 'stdout:b']],
    ['carriage returns and backspaces', [out('1 %\r'), out('2 %\b')], ['stdout:1 %\r2 %\b']],
    [
      'a stream given as lines',
      [{ output_type: 'stream', name: 'stdout', text: ['a\n', 'b'] }],
      ['stdout:a\nb'],
    ],
    ['an error', [out('a'), error], ['stdout:a', 'error']],

    ['a clear', [out('a'), display('x'), clear(), out('b')], ['stdout:b']],
    ['a clear with nothing after it', [out('a'), clear()], []],
    ['a waiting clear with nothing after it', [out('a'), clear(true)], ['stdout:a']],
    ['a waiting clear and the next output', [out('a'), clear(true), out('b'), out('c')], ['stdout:bc']],
    [
      'a clear that overtakes a waiting one',
      [out('a'), clear(true), clear(), out('b'), out('c')],
      ['stdout:bc'],
    ],
    [
      'a waiting clear and an update, which is no output',
      [display('x', 'i'), clear(true), update('y', 'i')],
      ['display:y'],
    ],

    ['an update', [display('x', 'i'), out('a'), update('y', 'i')], ['display:y', 'stdout:a']],
    [
      'an update of each display with the id',
      [display('x', 'i'), display('x', 'i'), update('y', 'i')],
      ['display:y', 'display:y'],
    ],
    ['an update of a result', [result('x', 'i'), update('y', 'i')], ['result:y']],
    [
      'a display after an update',
      [display('x', 'i'), update('y', 'i'), display('z', 'i')],
      ['display:y', 'display:z'],
    ],
    ['an update of another id', [display('x', 'i'), update('y', 'j')], ['display:x']],
    ['an update without an id', [display('x'), update('y')], ['display:x']],
    ['an update before its display', [update('y', 'i'), display('x', 'i')], ['display:x']],
    [
      'an update of a cleared display',
      [display('x', 'i'), clear(), display('z'), update('y', 'i')],
      ['display:z'],
    ],
  ])('holds %s', (_name, published, held) => {
    expect(finalOutputs(published).map(short)).toEqual(held);
  });

  it('saves no transient data, and takes data and metadata from an update', () => {
    expect(finalOutputs([display('x', 'i'), update('y', 'i')])).toEqual([
      { output_type: 'display_data', data: { 'text/plain': 'y' }, metadata: { updated: true } },
    ]);
  });
});

describe('CellOutputs', () => {
  it('keeps what it returned as it was', () => {
    const cell = new CellOutputs();
    cell.add(out('a'));
    cell.add(display('x', 'i'));
    const before = cell.toArray();
    cell.add(update('y', 'i'));
    cell.add(clear());
    expect(before.map(short)).toEqual(['stdout:a', 'display:x']);
    expect(cell.toArray()).toEqual([]);
  });
});
