import { parentPort, workerData } from 'node:worker_threads';
import { readParquet } from './parquet-table.js';

/** The thread of `parquet.ts`: it posts the table in the file that it is given, or fails. */
parentPort?.postMessage(await readParquet(workerData));
