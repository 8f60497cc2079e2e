import { open, stat } from 'node:fs/promises';
import { basename, extname, resolve } from 'node:path';
import { CommandError } from '../exit-codes.js';
import { type BinaryFormat, binaryTable } from './binary-table.js';
import { delimitedTable } from './delimited.js';
import { recordTable } from './json-table.js';
import { excerpt, type Table, tableText } from './table.js';

/**
 * Describes a file to a model: its path, its size and, for a table in CSV, TSV, JSON, Parquet or Excel, the names and types of its
 * columns and its first rows, as far as the beginning of the file tells. Of a file in another format it shows the beginning.
 *
 * @param path where the program finds it
 * @throws {CommandError} when the file cannot be read
 */
export async function describeAttachment(file: string, path = resolve(file)): Promise<string> {
  const { size, head } = await readHead(file);
  const title = `The file ${JSON.stringify(path)} (${sizeOf(size)})`;
  if (size === 0) return `${title} is empty.`;
  const extension = extname(file).toLowerCase();
  const binary = BINARY_TABLES.get(extension);
  if (binary !== undefined) {
    return binaryTable(binary.format, file).then(
      (table) => `${title} ${tableText(table)}`,
      ({ message }: Error) =>
        `${title} is named as ${binary.name}, but cannot be read as one: ${message.replace(/\.$/, '')}.`,
    );
  }
  const isWhole = head.length === size;
  const text = decode(head, isWhole);
  if (text === undefined) return `${title} is not text.`;
  const table = tableIn(text, extension, isWhole);
  if (table !== undefined) return `${title} ${tableText(table)}`;
  const what = extension === '.json' ? 'is JSON. It begins' : 'begins';
  return `${title} ${what} with:\n\n${excerpt(text)}`;
}

interface BinaryFile {
  readonly format: BinaryFormat;
  readonly name: string;
  /** What pandas needs to read it. */
  readonly package: string;
}

const BINARY_TABLES: ReadonlyMap<string, BinaryFile> = new Map([
  ['.parquet', { format: 'parquet', name: 'a Parquet file', package: 'pyarrow>=15' }],
  ['.xlsx', { format: 'xlsx', name: 'an Excel workbook', package: 'openpyxl>=3.1,<4' }],
]);

/** What a program needs besides pandas to read these files. */
export function packagesToRead(files: readonly string[]): string[] {
  const needed = files.flatMap((file) => BINARY_TABLES.get(extname(file).toLowerCase())?.package ?? []);
  return [...new Set(needed)];
}

function tableIn(text: string, extension: string, isWhole: boolean): Table | undefined {
  switch (extension) {
    case '.csv':
      return delimitedTable(text, undefined, isWhole);
    case '.tsv':
      return delimitedTable(text, '\t', isWhole);
    case '.json':
      return recordTable(text, 'array', isWhole);
    case '.jsonl':
    case '.ndjson':
      return recordTable(text, 'lines', isWhole);
    default:
      return undefined;
  }
}

/** Enough for a few hundred rows, and read in no time. */
const HEAD_BYTES = 64 * 1024;

async function readHead(file: string): Promise<{ size: number; head: Buffer }> {
  try {
    const found = await stat(file);
    if (found.isDirectory()) throw new CommandError(`--attach ${file}: it is a folder. Attach files.`);
    // A pipe would be waited for.
    if (!found.isFile()) throw new CommandError(`--attach ${file}: it is no file but a device or a pipe.`);
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

function sizeOf(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 1e6 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
