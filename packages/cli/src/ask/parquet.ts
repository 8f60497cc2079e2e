import * as zlib from 'node:zlib';
import {
  asyncBufferFromFile,
  type Compressors,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
  type SchemaTree,
} from 'hyparquet';
import { COLUMNS_DESCRIBED, counted, ROWS_SHOWN, type Table } from './table.js';

/**
 * The columns of a Parquet file, and its first rows where these are read at little cost.
 *
 * @throws {Error} when the file is broken. The reader may also fail in other ways then: see `binary-table.ts`.
 */
export async function readParquet(path: string): Promise<Table> {
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file);
  const { children } = parquetSchema(metadata);
  const indexes = indexesOf(metadata);
  const names = children.map(({ element }) => element.name);
  const columns = children.map((child) => {
    const isIndex = indexes.includes(child.element.name);
    return { name: child.element.name, type: typeOf(child) + (isIndex ? ', the index in pandas' : '') };
  });
  const shown = names.slice(0, COLUMNS_DESCRIBED);
  const rows = isCheap(metadata, shown)
    ? // Without its rows the table is still worth telling of.
      await parquetReadObjects({
        ...{ file, metadata, compressors },
        columns: shown,
        rowEnd: ROWS_SHOWN,
        utf8: false,
      }).catch(() => [])
    : [];
  return {
    is: `is a Parquet table with ${counted(columns.length, 'column')} and ${counted(metadata.num_rows, 'row')}`,
    columns,
    rows: rows.map((row) => shown.map((name) => textOf(row[name]))),
  };
}

/** There in newer versions of Node. */
const { zstdDecompressSync } = zlib as { readonly zstdDecompressSync?: (input: Uint8Array) => Uint8Array };

/** Snappy, the default of pandas, is the reader's own part. */
const compressors: Compressors = {
  GZIP: (input, length) => zlib.gunzipSync(input, { maxOutputLength: length }),
  BROTLI: (input, length) => zlib.brotliDecompressSync(input, { maxOutputLength: length }),
  ...(zstdDecompressSync && { ZSTD: (input: Uint8Array) => zstdDecompressSync(input) }),
};

/** To show a few rows, the first group of rows is read. */
const MOST_BYTES = 64 * 2 ** 20;

function isCheap({ row_groups }: FileMetaData, names: readonly string[]): boolean {
  const bytes = row_groups[0]?.columns
    .map(({ meta_data }) => meta_data)
    .filter((column) => names.includes(column?.path_in_schema[0] ?? ''))
    .reduce((sum, column) => sum + Number(column?.total_uncompressed_size ?? 0), 0);
  return bytes !== undefined && bytes <= MOST_BYTES;
}

/** The columns that pandas makes the index of its table: no columns to a program. */
function indexesOf({ key_value_metadata = [] }: FileMetaData): string[] {
  const { value = '{}' } = key_value_metadata.find(({ key }) => key === 'pandas') ?? {};
  try {
    const { index_columns: indexes } = JSON.parse(value) as { index_columns?: unknown };
    return Array.isArray(indexes) ? indexes.filter((name) => typeof name === 'string') : [];
  } catch {
    return [];
  }
}

/** @see https://github.com/apache/parquet-format/blob/master/LogicalTypes.md */
function typeOf({ element, children }: SchemaTree): string {
  const { type, logical_type: logical, converted_type: converted = '' } = element;
  const kind: string = logical?.type ?? converted;
  if (/^(?:STRING|UTF8|ENUM|JSON|UUID)$/.test(kind)) return 'text';
  if (kind === 'DATE') return 'dates';
  if (kind.startsWith('TIMESTAMP')) {
    const isZoned = logical?.type === 'TIMESTAMP' && logical.isAdjustedToUTC;
    return isZoned ? 'dates with times, with a time zone' : 'dates with times';
  }
  if (kind.startsWith('TIME')) return 'times';
  if (kind === 'DECIMAL') return 'decimal numbers';
  if (kind === 'FLOAT16') return 'numbers';
  if (kind === 'LIST' || kind === 'MAP') return kind === 'LIST' ? 'lists' : 'maps';
  if (children.length > 0) return 'records';
  switch (type) {
    case 'BOOLEAN':
      return 'true or false';
    case 'INT32':
    case 'INT64':
      return 'whole numbers';
    case 'INT96':
      return 'dates with times';
    case 'FLOAT':
    case 'DOUBLE':
      return 'numbers';
    default:
      return 'bytes';
  }
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Date) return value.toISOString().replace(/T00:00:00\.000Z$/, '');
  if (value instanceof Uint8Array) return `<${counted(value.length, 'byte')}>`;
  if (typeof value !== 'object') return String(value);
  return JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? Number(each) : each));
}
