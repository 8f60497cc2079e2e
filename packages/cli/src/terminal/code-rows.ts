import type { Chunk } from '@eager/detection';
import { highlight } from './highlight.js';
import { toRow, truncate } from './text.js';
import type { Theme } from './theme.js';

/** A physical line of the program. */
export interface CodeRow {
  /** Counted from 1. */
  readonly line: number;
  readonly text: string;
  /** Its statement begins here: comments and blank lines before it have none of its marks. */
  readonly isFirst: boolean;
}

/** The lines of a complete statement, with the comments before it. Several blank lines become one. */
export function chunkRows(chunk: Chunk, theme: Theme): readonly CodeRow[] {
  const drawn = theme.colour ? coloured : plain;
  const known = drawn.get(chunk);
  if (known !== undefined) return known;
  const leading = lines(chunk.leading).slice(0, -1);
  const before = leading.map((text, index) => ({
    ...{ line: chunk.line - leading.length + index, isFirst: false },
    text: theme.comment(toRow(text.trimEnd())),
  }));
  const code = highlight(chunk.code.trimEnd(), chunk.tree, theme).map((text, index) => ({
    ...{ line: chunk.line + index, isFirst: index === 0 },
    text: toRow(text),
  }));
  const rows = withSingleBlanks([...before, ...code]);
  drawn.set(chunk, rows);
  return rows;
}

/** The lines of code that is still arriving. */
export function openRows(code: string, firstLine: number): readonly CodeRow[] {
  const rows = lines(code).map((text, index) => ({
    line: firstLine + index,
    text: toRow(text),
    isFirst: false,
  }));
  // The line after the last line end has begun with its first character.
  if (rows.at(-1)?.text === '') rows.pop();
  const first = rows.findIndex(({ text }) => text.trim() !== '' && !/^\s*#/.test(text));
  return withSingleBlanks(rows.map((row, index) => ({ ...row, isFirst: index === first })));
}

/** As much of a line as fits. Measuring is what costs most in drawing, so it is done once for a width. */
export function cutRow(row: CodeRow, columns: number): string {
  const known = cuts.get(row);
  if (known?.columns === columns) return known.text;
  const text = truncate(row.text, columns);
  cuts.set(row, { columns, text });
  return text;
}

const cuts = new WeakMap<CodeRow, { readonly columns: number; readonly text: string }>();

/** A statement is drawn many times while it is live, and parsed code does not change. */
const coloured = new WeakMap<Chunk, readonly CodeRow[]>();
const plain = new WeakMap<Chunk, readonly CodeRow[]>();

function lines(text: string): string[] {
  return text.split(/\r\n?|\n/);
}

function withSingleBlanks(rows: readonly CodeRow[]): readonly CodeRow[] {
  return rows.filter(({ text }, index) => text !== '' || rows[index - 1]?.text !== '');
}
