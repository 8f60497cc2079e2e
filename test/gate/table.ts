import { readFileSync } from 'node:fs';
import type { Effect } from '@eager/detection';

/** A program that does something to the world, and what the gate is known to see of it. */
export interface Row {
  readonly name: string;
  /** An earlier cell; empty, for most. */
  readonly earlier: string;
  /** The cell. `{port}` and `{udp}` are still to be filled in. */
  readonly program: string;
  readonly expected: Seen;
  /** A cell magic, of which nothing can start before its end is known. */
  readonly isWholeCell: boolean;
}

/** The columns of the line under a program, as effects.txt describes them. */
export interface Seen {
  readonly static: string;
  readonly hook: string;
  readonly effects: string;
  readonly paper: string;
}

export type When = 'starts late' | 'stops' | 'runs' | 'early';

/** The rows of effects.txt, which says how to read them. */
export const rows: readonly Row[] = readFileSync(new URL('effects.txt', import.meta.url), 'utf8')
  .split(/^## /m)
  .slice(1)
  .map(toRow);

/** The classes of effects as a column shows them. */
export function classesOf(effects: readonly Effect[]): string {
  const classes = effects.map((effect) => (effect.unaudited ? `${effect.class}!` : effect.class));
  return [...new Set(classes)].toSorted().join(', ') || '·';
}

/** Whether `ask` asks about it. */
export function isAsked({ static: found, hook }: Seen): boolean {
  return found.includes('!') || hook !== '·';
}

/** Whether `deny` forbids it. A clock that is all there is to hold is held. */
export function isDenied({ static: found, hook }: Seen): boolean {
  return /(?<!timing)!/.test(found) || (!found.includes('!') && hook !== '·');
}

function toRow(text: string): Row {
  const [name = '', ...lines] = text.trimEnd().split('\n');
  const [, columns = ''] = /^--- (.*)$/m.exec(text) ?? [];
  const [found = '', hook = '', effects = '', paper = ''] = columns.split(' | ');
  const code = lines.filter((line) => !line.startsWith('--- ') && line !== '');
  const isEarlier = (line: string) => line.startsWith('>>> ');
  const program = code
    .filter((line) => !isEarlier(line))
    .map((line) => `${line}\n`)
    .join('');
  const isWholeCell = program.startsWith('%%');
  return {
    name,
    earlier: code
      .filter(isEarlier)
      .map((line) => `${line.slice(4)}\n`)
      .join(''),
    program: isWholeCell ? program : `print("before")\n${program}print("after")\n`,
    expected: { static: found, hook, effects, paper },
    isWholeCell,
  };
}
