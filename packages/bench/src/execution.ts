import { spawnSync } from 'node:child_process';
import { cpus, release, type } from 'node:os';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { embeddedKernel } from '@eager/execution';
import { startEmbeddedKernel } from '@eager/execution/embedded';
import {
  median,
  quantile,
  row,
  runOneByOne,
  takeTurns,
  timed,
  verdict,
  type Way,
  way,
} from './chunk-times.js';
import { digits, type MicroTable } from './micro/table.js';
import { Repl } from './repl.js';
import { hasJupyterServer, JupyterServer } from './server.js';

const ROUNDS = 5;
const CHUNKS_PER_ROUND = 100;
const COLD_STARTS = 5;
/** A server takes seconds to start. */
const COLD_SERVER_STARTS = 3;

/** What the project promises of a streamed cell. */
const TARGET_MS = 1.2;
const TARGET_RATIO = 1 / 3;

/**
 * Prints what a chunk costs beyond its own work when each waits for the one before it, in three ways; and the time
 * from nothing to a first result.
 */
export async function executionBench(): Promise<void> {
  const python = process.env.EAGER_PYTHON ?? 'python3';
  console.log(`${machine()}\nNode ${process.version}, ${versionsOf(python)}\n`);

  console.log('time a chunk, ms                          median      p95');
  const ways = await timesPerChunk(python);
  for (const { name, times } of ways) row(name, times);
  const [streamed = [], , plain = []] = ways.map(({ times }) => times);
  const ratio = median(streamed) / median(plain);
  verdict(
    'streamed cell',
    `${median(streamed).toFixed(2)} ms`,
    `${TARGET_MS} ms`,
    median(streamed) <= TARGET_MS,
  );
  verdict(
    'streamed cell / request per chunk',
    ratio.toFixed(2),
    TARGET_RATIO.toFixed(2),
    ratio <= TARGET_RATIO,
  );

  console.log('\ncold start to the first result, ms        median      max');
  for (const { name, times } of await coldStarts(python)) row(name, times, Math.max);
  if (!hasJupyterServer(python)) {
    console.log('(jupyter_server is not installed in this Python, so it is not measured)');
  }
}

/** What a chunk costs, for a report. */
export async function perChunkTable(python: string): Promise<MicroTable> {
  const ways = await timesPerChunk(python);
  return {
    title: 'What a chunk costs',
    about:
      'Milliseconds from the end of one chunk to the end of the next, each sent when the one before it was done.',
    headings: ['way', 'median', 'p95'],
    rows: ways.map(({ name, times }) => [name, digits(median(times)), digits(quantile(times, 0.95))]),
  };
}

/** What a start costs, for a report. */
export async function coldStartTable(python: string): Promise<MicroTable> {
  const starts = await coldStarts(python);
  return {
    title: 'Cold start',
    about: 'Milliseconds from nothing to the first result.',
    headings: ['kernel', 'median', 'max'],
    rows: starts.map(({ name, times }) => [name, digits(median(times)), digits(Math.max(...times))]),
  };
}

async function coldStarts(python: string): Promise<Pick<Way, 'name' | 'times'>[]> {
  const embedded = await repeated(COLD_STARTS, () => embeddedStart(python));
  const onServer = hasJupyterServer(python)
    ? await repeated(COLD_SERVER_STARTS, () => serverStart(python))
    : [];
  return [
    { name: 'embedded kernel', times: embedded },
    { name: 'jupyter_server and its kernel', times: onServer.map(({ coldMs }) => coldMs) },
    { name: 'kernel on a running jupyter_server', times: onServer.map(({ warmMs }) => warmMs) },
  ].filter(({ times }) => times.length > 0);
}

/** The streamed cell first, then the others; every second way prints. */
async function timesPerChunk(python: string): Promise<readonly Way[]> {
  await using kernel = embeddedKernel({ python });
  await using other = await startEmbeddedKernel({ python });
  await using repl = new Repl(python);
  const request = (code: string) => other.connection.requestExecute({ code, allow_stdin: false }).done;
  const ways: readonly Way[] = [
    way('streamed cell, x = 1', (count) => runOneByOne(kernel, 'x = 1\n', count)),
    way('streamed cell, print(1)', (count) => runOneByOne(kernel, 'print(1)\n', count)),
    way('a request per chunk, x = 1', (count) => timed(count, () => request('x = 1\n'))),
    way('a request per chunk, print(1)', (count) => timed(count, () => request('print(1)\n'))),
    way('exec loop over pipes, x = 1', (count) => timed(count, () => repl.run('x = 1\n'))),
    way('exec loop over pipes, print(1)', (count) => timed(count, () => repl.run('print(1)\n'))),
  ];
  await takeTurns(ways, ROUNDS, CHUNKS_PER_ROUND);
  return ways;
}

async function embeddedStart(python: string): Promise<number> {
  const startMs = performance.now();
  await using kernel = embeddedKernel({ python });
  await runOneByOne(kernel, 'x = 1\n', 1);
  return performance.now() - startMs;
}

/** From nothing to a result, and from a server that runs. */
async function serverStart(python: string): Promise<{ readonly coldMs: number; readonly warmMs: number }> {
  const startMs = performance.now();
  await using server = await JupyterServer.start(python);
  const upMs = performance.now();
  let resultMs = 0;
  await server.firstResult(() => {
    resultMs = performance.now();
  });
  return { coldMs: resultMs - startMs, warmMs: resultMs - upMs };
}

async function repeated<T>(count: number, work: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let i = 0; i < count; i++) results.push(await work());
  return results;
}

function machine(): string {
  return `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown CPU'}, ${type()} ${release()}`;
}

function versionsOf(python: string): string {
  const { stdout } = spawnSync(python, ['-c', VERSIONS], { encoding: 'utf8' });
  return stdout?.trim() || `no Python as "${python}"`;
}

const VERSIONS = `
import platform
from importlib.metadata import PackageNotFoundError, version
found = ["Python " + platform.python_version()]
for name in "ipykernel", "ipython", "pyzmq", "jupyter_server":
    try:
        found.append(name + " " + version(name))
    except PackageNotFoundError:
        pass
print(", ".join(found))
`;

if (argv[1] === fileURLToPath(import.meta.url)) await executionBench();
