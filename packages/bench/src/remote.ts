import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { remoteKernel } from '@eager/execution';
import { median, row, runOneByOne, takeTurns, timed, verdict, type Way, way } from './chunk-times.js';
import { hasJupyterServer, JupyterServer } from './server.js';
import { slowLinkBench } from './slow-link.js';

const ROUNDS = 4;
const CHUNKS_PER_ROUND = 50;
const ROUND_TRIPS_MS = [20, 100];

/** What the project promises of a stock jupyter_server on the same machine. */
const TARGET_MS = 2;

/** Prints what a chunk costs on a stock jupyter_server: as @jupyterlab/services alone runs it, and as we do. */
export async function remoteBench(): Promise<void> {
  const python = process.env.EAGER_PYTHON ?? 'python3';
  if (!hasJupyterServer(python)) {
    console.log('(jupyter_server is not installed in this Python, so it is not measured)');
    return;
  }
  await using server = await JupyterServer.start(python);
  await using stock = await server.stockKernel();
  await using kernel = remoteKernel({ url: server.url, token: server.token });

  console.log('time a chunk on a stock jupyter_server, ms  median      p95');
  const ways: readonly Way[] = [
    way('streamed cell, x = 1', (count) => runOneByOne(kernel, 'x = 1\n', count)),
    way('streamed cell, print(1)', (count) => runOneByOne(kernel, 'print(1)\n', count)),
    way('@jupyterlab/services, x = 1', (count) => timed(count, () => stock.request('x = 1\n'))),
    way('@jupyterlab/services, print(1)', (count) => timed(count, () => stock.request('print(1)\n'))),
  ];
  await takeTurns(ways, ROUNDS, CHUNKS_PER_ROUND);
  for (const { name, times } of ways) row(name, times);
  for (const { name, times } of ways.slice(0, 2)) {
    verdict(name, `${median(times).toFixed(2)} ms`, `${TARGET_MS} ms`, median(times) <= TARGET_MS);
  }

  for (const roundTripMs of ROUND_TRIPS_MS) slowLinkBench(python, roundTripMs);
}

if (argv[1] === fileURLToPath(import.meta.url)) await remoteBench();
