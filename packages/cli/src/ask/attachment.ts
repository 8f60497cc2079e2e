import { open, stat } from 'node:fs/promises';
import { basename, extname, resolve } from 'node:path';
import { CommandError } from '../exit-codes.js';

/**
 * Describes a file to a model: its path, its size and, for CSV, TSV and JSON, the names and types of its columns and its first
 * rows, as far as the beginning of the file tells. Of a file in another format, such as Parquet, it says how to read it.
 *
 * @param path where the program finds it
 * @throws {CommandError} when the file cannot be read
 */
export async function describeAttachment(file: string, path = resolve(file)): Promise<string> {
  const { size, head } = await readHead(file);
  const title = `The file ${JSON.stringify(path)} (${sizeOf(size)})`;
  if (size === 0) return `${title} is empty.`;
  const isWhole = head.length === size;
  const extension = extname(file).toLowerCase();
  if (extension === '.parquet') {
    return `${title} is in the Parquet format. Read it by pandas.read_parquet, and look at its columns before you use them.`;
  }
  const text = decode(head, isWhole);
  if (text === undefined) return `${title} is not text.`;
  if (extension === '.json' || extension === '.jsonl' || extension === '.ndjson') {
    return `${title} is JSON. It begins with:\n\n${fenced(text.slice(0, EXCERPT_LENGTH))}`;
  }
  const separator = extension === '.tsv' ? '\t' : extension === '.csv' ? separatorOf(text) : undefined;
  if (separator === undefined) return `${title} begins with:\n\n${fenced(text.slice(0, EXCERPT_LENGTH))}`;
  return `${title} ${describeTable(parseRows(text, separator, isWhole), separator)}`;
}

/** Enough for a few hundred rows, and read in no time. */
const HEAD_BYTES = 64 * 1024;

/** In characters. */
const EXCERPT_LENGTH = 1500;

const ROWS_SHOWN = 5;
const COLUMNS_DESCRIBED = 100;

async function readHead(file: string): Promise<{ size: number; head: Buffer }> {
  try {
    const found = await stat(file);
    if (found.isDirectory()) throw new CommandError(`--attach ${file}: it is a folder. Attach files.`);
    const handle = await open(file);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
      return { size: found.size, head: buffer.subarray(0, bytesRead) };
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const why = error instanceof Error ? error.message : error;
    throw new CommandError(`--attach ${file}: ${basename(file)} cannot be read: ${why}. Check its name.`);
  }
}

/** The text, where a character may be cut at the end; undefined for what is none. Spreadsheets write Latin-1, too. */
function decode(head: Buffer, isWhole: boolean): string | undefined {
  if (head.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: !isWhole });
  } catch {
    return new TextDecoder('latin1').decode(head);
  }
}

/** The character that most evenly divides the first line. */
function separatorOf(text: string): string {
  const [line = ''] = text.split(/\r?\n/, 1);
  const count = (separator: string) => line.split(separator).length;
  return [',', ';', '\t', '|'].reduce((best, each) => (count(each) > count(best) ? each : best));
}

/**
 * The rows of a table, as RFC 4180 has them. The last one is left out where it may be cut.
 *
 * @see https://www.rfc-editor.org/rfc/rfc4180
 */
function parseRows(text: string, separator: string, isWhole: boolean): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let field = '';
  let isQuoted = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (isQuoted) {
      if (character !== '"') field += character;
      else if (text[index + 1] === '"') field += text[++index];
      else isQuoted = false;
    } else if (character === '"' && field === '') isQuoted = true;
    else if (character === separator) {
      row.push(field);
      field = '';
    } else if (character === '\n') {
      rows.push([...row, field.replace(/\r$/, '')]);
      row = [];
      field = '';
    } else field += character;
  }
  if (isWhole && (field !== '' || row.length > 0)) rows.push([...row, field]);
  return rows;
}

function describeTable([header = [], ...rows]: readonly string[][], separator: string): string {
  const columns = header.slice(0, COLUMNS_DESCRIBED).map((name, index) => {
    const values = rows.map((row) => row[index] ?? '').filter((value) => value !== '');
    const isMissing = values.length < rows.length ? ', some missing' : '';
    return `- ${JSON.stringify(name)}: ${typeOf(values)}${isMissing}`;
  });
  const more = header.length > columns.length ? `\n- and ${header.length - columns.length} more` : '';
  const named = separator === ',' ? '' : `, separated by ${JSON.stringify(separator)}`;
  const shown = [header, ...rows.slice(0, ROWS_SHOWN)].map((row) => row.join(separator)).join('\n');
  return (
    `is a table${named} with ${header.length} columns (types by its first ${rows.length} rows):\n\n` +
    `${columns.join('\n')}${more}\n\nIts first rows:\n\n${fenced(shown.slice(0, EXCERPT_LENGTH))}`
  );
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

function fenced(text: string): string {
  return `\`\`\`text\n${text.replace(/\n$/, '')}\n\`\`\``;
}

function sizeOf(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 1e6 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
