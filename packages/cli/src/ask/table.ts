/** The beginning of a table, as a model is told of it. */
export interface Table {
  /** What it is: `is a table with 3 columns`. */
  readonly is: string;
  readonly columns: readonly Column[];
  /** The cells of its first rows; more than are shown may be given. */
  readonly rows: readonly (readonly string[])[];
  /** What stands between cells; a comma by default. */
  readonly separator?: string;
}

export interface Column {
  readonly name: string;
  /** In words: `whole numbers, some missing`. */
  readonly type: string;
}

/** A table in words: its columns with their types, and a few rows. */
export function tableText({ is, columns, rows, separator = ',' }: Table): string {
  const described = columns.slice(0, COLUMNS_DESCRIBED);
  const more = columns.length > described.length ? [`- and ${columns.length - described.length} more`] : [];
  const list = described.map(({ name, type }) => `- ${quoted(name)}: ${type}`);
  const text = `${is}:\n\n${[...list, ...more].join('\n')}`;
  if (rows.length === 0) return text;
  const shown = [described.map(({ name }) => name), ...rows.slice(0, ROWS_SHOWN)];
  const lines = shown.map((row) => row.map((cell) => cell.replace(/\s+/g, ' ')).join(separator));
  return `${text}\n\nIts first rows:\n\n${excerpt(lines.join('\n'))}`;
}

/** The columns of rows of text, with types that all values of a column have. */
export function columnsOf(header: readonly string[], rows: readonly (readonly string[])[]): Column[] {
  return header.map((name, index) => {
    const values = rows.map((row) => row[index] ?? '').filter((value) => value !== '');
    return { name, type: typeOf(values) + (values.length < rows.length ? SOME_MISSING : '') };
  });
}

/** `3 columns` */
export function counted(count: number | bigint, noun: string): string {
  return `${count} ${noun}${Number(count) === 1 ? '' : 's'}`;
}

/** The beginning of a text, set apart from what is said about it. */
export function excerpt(text: string): string {
  return `\`\`\`text\n${text.slice(0, EXCERPT_LENGTH).replace(/\n$/, '')}\n\`\`\``;
}

export const SOME_MISSING = ', some missing';
export const ROWS_SHOWN = 5;
export const COLUMNS_DESCRIBED = 100;

/** In characters. */
const EXCERPT_LENGTH = 1500;

function quoted(name: string): string {
  return JSON.stringify(name.slice(0, 200));
}

function typeOf(values: readonly string[]): string {
  if (values.length === 0) return 'empty';
  if (values.every((value) => /^[+-]?\d+$/.test(value))) return 'whole numbers';
  if (values.every((value) => value.trim() !== '' && Number.isFinite(Number(value)))) return 'numbers';
  if (values.every((value) => /^(true|false)$/i.test(value))) return 'true or false';
  if (values.every((value) => /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d.*)?$/.test(value)))
    return 'dates, as in ISO 8601';
  const distinct = new Set(values).size;
  return distinct <= values.length / 5 ? `text, ${distinct} different values` : 'text';
}
