import { Worker } from 'node:worker_threads';
import type { Table } from './table.js';

/**
 * The table in a Parquet file: its columns, and its first rows where they can be read at little cost.
 *
 * It is read in a thread of its own, with limits: what a broken file makes its reader do, such as a rejection that nobody
 * handles, must not end the command, and nothing may last.
 *
 * @throws {Error} when the file is broken
 */
export async function parquetTable(file: string): Promise<Table> {
  const worker = new Worker(new URL('./parquet-worker.js', import.meta.url), {
    workerData: file,
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
