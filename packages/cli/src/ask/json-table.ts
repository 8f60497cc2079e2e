import { type Column, counted, SOME_MISSING, type Table } from './table.js';

/**
 * The table in the beginning of a JSON array of records, or of a file with a record on each line; undefined for all else.
 *
 * @param isWhole whether the text is all of it, or may end within a record
 */
export function recordTable(text: string, form: 'array' | 'lines', isWhole: boolean): Table | undefined {
  const parts = form === 'lines' ? linesOf(text, isWhole) : elementsOf(text);
  const records = parts?.map(parse) ?? [];
  if (records.length === 0 || !records.every(isRecord)) return undefined;
  const names = [...new Set(records.flatMap((record) => Object.keys(record)))];
  const lead = form === 'lines' ? 'has a JSON record on each line' : 'is a JSON array of records';
  const seen = isWhole
    ? counted(records.length, 'record')
    : `types by its first ${counted(records.length, 'record')}`;
  return {
    is: `${lead}, a table with ${counted(names.length, 'column')} (${seen})`,
    columns: names.map((name): Column => ({ name, type: typeOf(records.map((record) => record[name])) })),
    rows: records.map((record) => names.map((name) => JSON.stringify(record[name]) ?? '')),
  };
}

function linesOf(text: string, isWhole: boolean): string[] {
  const lines = text.split(/\r?\n/);
  return (isWhole ? lines : lines.slice(0, -1)).filter((line) => line.trim() !== '');
}

/** The complete elements of the array that the text is, or begins; undefined when it is none. */
function elementsOf(text: string): string[] | undefined {
  const start = /^\uFEFF?\s*\[/.exec(text)?.[0].length;
  if (start === undefined) return undefined;
  const elements: string[] = [];
  let depth = 0;
  let from = start;
  // Strings are passed over as a whole, for they may contain brackets.
  for (const { 0: mark, index } of text.slice(start).matchAll(/"(?:[^"\\]|\\.)*"|[[\]{},]/gs)) {
    if (mark === '{' || mark === '[') depth++;
    const isEnd = depth === 0 && (mark === ',' || mark === ']');
    if (isEnd) {
      elements.push(text.slice(from, start + index));
      from = start + index + 1;
      if (mark === ']') return elements.filter((element) => element.trim() !== '');
    }
    if (mark === '}' || mark === ']') depth--;
  }
  return elements;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function typeOf(values: readonly unknown[]): string {
  const present = values.filter((value) => value !== null && value !== undefined);
  const kinds = [...new Set(present.map(kindOf))];
  const isNumeric = kinds.every((kind) => kind.endsWith('numbers'));
  const type = kinds.length === 0 ? 'empty' : kinds.length > 1 && isNumeric ? 'numbers' : kinds.join(' or ');
  return present.length < values.length ? type + SOME_MISSING : type;
}

function kindOf(value: unknown): string {
  switch (typeof value) {
    case 'number':
      return Number.isInteger(value) ? 'whole numbers' : 'numbers';
    case 'boolean':
      return 'true or false';
    case 'string':
      return 'text';
    default:
      return Array.isArray(value) ? 'lists' : 'records';
  }
}
