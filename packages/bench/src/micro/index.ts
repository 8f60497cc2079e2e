import { detectionTable } from '../detection.js';
import { coldStartTable, perChunkTable } from '../execution.js';
import { analysisTable } from '../gate.js';
import type { Program } from '../workloads/index.js';
import { closedStatements } from './closed-statements.js';
import { streamsTable } from './streams.js';
import type { MicroTable } from './table.js';

export type { MicroTable } from './table.js';

export interface MicroOptions {
  readonly python: string;
  /** An interpreter that has pydantic-ai-harness; without it our detection is not compared with that one's. */
  readonly harnessPython?: string | undefined;
  readonly programs: readonly Program[];
  /** Leaves out what takes more than a few seconds. */
  readonly isQuick: boolean;
  readonly onProgress: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Measures the parts one by one: beside each other they would measure each other. */
export async function measureMicro(options: MicroOptions): Promise<MicroTable[]> {
  const { python, harnessPython, programs, isQuick, onProgress, signal } = options;
  const parts: readonly (readonly [name: string, measure: () => Promise<MicroTable>])[] = [
    ['detection', () => detectionTable(python)],
    ...(harnessPython === undefined
      ? []
      : [['pydantic-ai-harness', () => closedStatements(harnessPython, programs)] as const]),
    ['gate', async () => analysisTable()],
    ...(isQuick
      ? []
      : ([
          ['a chunk', () => perChunkTable(python)],
          ['cold start', () => coldStartTable(python)],
          ['many streams', streamsTable],
        ] as const)),
  ];
  const tables: MicroTable[] = [];
  for (const [name, measure] of parts) {
    signal?.throwIfAborted();
    onProgress(`measuring ${name}`);
    tables.push(await measure());
  }
  return tables;
}
