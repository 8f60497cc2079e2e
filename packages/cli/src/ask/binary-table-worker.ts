import { parentPort, workerData } from 'node:worker_threads';
import type { BinaryFormat } from './binary-table.js';
import { readParquet } from './parquet.js';
import type { Table } from './table.js';
import { readWorkbook } from './workbook.js';

const READERS: Readonly<Record<BinaryFormat, (file: string) => Promise<Table>>> = {
  parquet: readParquet,
  xlsx: readWorkbook,
};

/** The thread of `binary-table.ts`: it posts the table in the file that it is given, or fails. */
const { format, file } = workerData as { readonly format: BinaryFormat; readonly file: string };
parentPort?.postMessage(await READERS[format](file));
