import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { remoteKernel } from '@eager/execution';
import { median, row, runOneByOne, takeTurns, timed, verdict, type Way, way } from './chunk-times.js';
import { hasJupyterServer, JupyterServer } from './server.js';
import { TcpProxy } from './tcp-proxy.js';

const ROUNDS = 4;
const CHUNKS_PER_ROUND = 50;
/** A chunk over a slow link takes its time. */
const CHUNKS_PER_SLOW_ROUND = 10;
const ROUND_TRIPS_MS = [20, 100];

/** What the project promises of a stock jupyter_server on the same machine. */
const TARGET_MS = 2;
/** And of a slow link, in round trips a batch: one, and what the work itself takes. */
const TARGET_ROUND_TRIPS = 1.25;

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

  for (const roundTripMs of ROUND_TRIPS_MS) await overSlowLink(server, roundTripMs);
}

async function overSlowLink(server: JupyterServer, roundTripMs: number): Promise<void> {
  await using link = await TcpProxy.start(server.port, roundTripMs / 2);
  await using kernel = remoteKernel({ url: `http://127.0.0.1:${link.port}/`, token: server.token });
  console.log(`\ntime a batch of one chunk, ${roundTripMs} ms away, ms`);
  const ways: readonly Way[] = ['x = 1', 'print(1)'].map((code) =>
    way(`streamed cell, ${code}`, (count) => runOneByOne(kernel, `${code}\n`, count)),
  );
  await takeTurns(ways, 2, CHUNKS_PER_SLOW_ROUND);
  for (const { name, times } of ways) {
    row(name, times);
    const trips = median(times) / roundTripMs;
    verdict(name, `${trips.toFixed(2)} round trips`, `${TARGET_ROUND_TRIPS}`, trips <= TARGET_ROUND_TRIPS);
  }
}

if (argv[1] === fileURLToPath(import.meta.url)) await remoteBench();
