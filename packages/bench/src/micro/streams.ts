import { followRuns } from '../load.js';
import { ReplayKernel } from '../replay-kernel.js';
import { digits, type MicroTable } from './table.js';

const COUNTS = [1, 50, 500];

/** What following many runs at once in one process takes, beside kernels of no cost. */
export async function streamsTable(): Promise<MicroTable> {
  const rows: (string | number)[][] = [];
  // Once for the code itself: what it takes to load and to compile is no part of a run.
  await followRuns([new ReplayKernel()]);
  for (const count of COUNTS) {
    const kernels = Array.from({ length: count }, () => new ReplayKernel());
    const { complete, events, cpuShare, bytesPerRun } = await followRuns(kernels);
    const cpu = `${digits(100 * cpuShare)} %`;
    rows.push([count, `${complete} of ${count}`, events, cpu, digits(bytesPerRun / 1000)]);
  }
  return {
    title: 'Many streams at once',
    about:
      'One process follows so many runs at the pace of a model, their kernels replaced by ones that cost nothing. Processor time ' +
      'is a share of one core.',
    headings: ['streams', 'complete', 'events', 'processor', 'kB a run'],
    rows,
  };
}
