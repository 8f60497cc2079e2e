import { Worker } from 'node:worker_threads';
import type { Table } from './table.js';

/** The formats of tables that are no text. */
export type BinaryFormat = 'parquet' | 'xlsx';

/**
 * The table in a file of such a format, with its first rows where they can be read at little cost.
 *
 * It is read in a thread of its own, with limits: what a broken file makes its reader do, such as a rejection that nobody
 * handles, must not end the command, and nothing may last.
 *
 * @throws {Error} when the file is broken, or too much
 */
export async function binaryTable(format: BinaryFormat, file: string): Promise<Table> {
  const worker = new Worker(new URL('./binary-table-worker.js', import.meta.url), {
    workerData: { format, file },
    resourceLimits: { maxOldGenerationSizeMb: 1024 },
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await new Promise<Table>((resolve, reject) => {
      timer = setTimeout(
        () => reject(new Error(`it takes longer than ${PATIENCE_MS / 1000} s`)),
        PATIENCE_MS,
      );
      worker.once('message', resolve).once('error', reject);
      worker.once('exit', () => reject(new Error('its reader gave up')));
    });
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}

const PATIENCE_MS = 10_000;
