import { isDeepStrictEqual, stripVTControlCharacters } from 'node:util';
import type { IOutput } from '@jupyterlab/nbformat';

/**
 * How the outputs of two runs of one program differ, as one line for each difference; empty if they are equal.
 *
 * Equal means: the same outputs in the same order, byte for byte, images included. Left out of the comparison is only
 * what no run has in common with another run of the same kind:
 *
 * - addresses in memory (`0x7f…`) and the file name of a cell, which holds the kernel's process id;
 * - the lines that a traceback quotes around the failing one: while a program arrives, those after it do not exist.
 *
 * stdout and stderr are each compared as one text, because the kernel sends them when it likes.
 */
export function differences(serial: readonly IOutput[], eager: readonly IOutput[]): string[] {
  const [a, b] = [comparable(serial), comparable(eager)];
  const names = new Set([...a.keys(), ...b.keys()]);
  return [...names].flatMap((name) => {
    const [left, right] = [a.get(name), b.get(name)];
    if (isDeepStrictEqual(left, right)) return [];
    if (left === undefined) return [`${name}: only in the eager run: ${excerpt(right)}`];
    if (right === undefined) return [`${name}: only in the serial run: ${excerpt(left)}`];
    return [`${name}: serial ${excerpt(left)}, eager ${excerpt(right)}`];
  });
}

/** The parts of a program's outputs under names that tell a reader which part differs. */
function comparable(outputs: readonly IOutput[]): Map<string, unknown> {
  const parts = new Map<string, unknown>();
  const streams = new Map<string, string>();
  let displays = 0;
  for (const output of outputs) {
    if (output.output_type === 'stream') {
      const { name, text } = output as { name: string; text: string | string[] };
      streams.set(name, (streams.get(name) ?? '') + [text].flat().join(''));
    } else if (output.output_type === 'error') {
      const { ename, evalue, traceback } = output as { ename: string; evalue: string; traceback: string[] };
      parts.set('error', [ename, evalue, frames(traceback)].map(withoutAddresses));
    } else {
      parts.set(`${output.output_type} ${++displays}`, withoutAddresses(output));
    }
  }
  for (const [name, text] of streams) parts.set(name, withoutAddresses(text));
  return parts;
}

/** Where each frame of a traceback is, and the line that failed in it. */
function frames(traceback: readonly string[]): string[] {
  return traceback
    .flatMap((part) => stripVTControlCharacters(part).split('\n'))
    .filter((line) => !/^ +\d+ /.test(line) && line.trim() !== '');
}

function withoutAddresses<T>(value: T): T {
  const text = JSON.stringify(value)
    .replaceAll(/0x[0-9a-f]{6,}/gi, '0x…')
    .replaceAll(/ipykernel_\d+[\\/]+\d+\.py/g, '<cell>')
    .replaceAll(/\b\d{6,}\.py\b/g, '<cell>');
  return JSON.parse(text);
}

function excerpt(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}
