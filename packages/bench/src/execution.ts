import { spawnSync } from 'node:child_process';
import { cpus, release, type } from 'node:os';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { type Chunk, Segmenter } from '@eager/detection';
import { embeddedKernel, type Kernel } from '@eager/execution';
import { startEmbeddedKernel } from '@eager/execution/embedded';
import { ReplaySubject } from 'rxjs';
import { Repl } from './repl.js';
import { hasJupyterServer, JupyterServer } from './server.js';

/** The ways take turns, so that what else goes on in the machine falls upon all of them. */
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
  const { streamed, plain } = await timesPerChunk(python);
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
  row('embedded kernel', await repeated(COLD_STARTS, () => embeddedStart(python)), Math.max);
  if (hasJupyterServer(python)) {
    const starts = await repeated(COLD_SERVER_STARTS, () => serverStart(python));
    row(
      'jupyter_server and its kernel',
      starts.map(({ coldMs }) => coldMs),
      Math.max,
    );
    row(
      'kernel on a running jupyter_server',
      starts.map(({ warmMs }) => warmMs),
      Math.max,
    );
  } else {
    console.log('(jupyter_server is not installed in this Python, so it is not measured)');
  }
}

async function timesPerChunk(
  python: string,
): Promise<{ streamed: readonly number[]; plain: readonly number[] }> {
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
  for (const { run } of ways) await run(CHUNKS_PER_ROUND);
  for (let round = 0; round < ROUNDS; round++) {
    for (const { run, times } of ways) times.push(...(await run(CHUNKS_PER_ROUND)));
  }
  for (const { name, times } of ways) row(name, times);
  return { streamed: ways[0]?.times ?? [], plain: ways[2]?.times ?? [] };
}

interface Way {
  readonly name: string;
  /** Runs so many chunks, each after the one before it, and gives the time of each in milliseconds. */
  readonly run: (count: number) => Promise<number[]>;
  readonly times: number[];
}

function way(name: string, run: Way['run']): Way {
  return { name, run, times: [] };
}

/** @returns the times from one chunk's end to the next one's, in milliseconds. */
function runOneByOne(kernel: Kernel, code: string, count: number): Promise<number[]> {
  const [chunk] = chunksOf(code);
  if (!chunk) throw new Error('The code has no statement.');
  const chunks$ = new ReplaySubject<Chunk>();
  const times: number[] = [];
  chunks$.next(chunk);
  let lastMs = performance.now();
  return new Promise((resolve, reject) => {
    kernel.run(chunks$).subscribe({
      next: (event) => {
        // The first line may be a command, if nothing follows it: it runs when the second is there.
        if (event.type === 'batch' && event.batch.id === 0 && count > 1) chunks$.next({ ...chunk, id: 1 });
        if (event.type !== 'finished') return;
        const nowMs = performance.now();
        times.push(nowMs - lastMs);
        lastMs = nowMs;
        const id = event.chunk.id + 1;
        if (id < 2 && count > 1) return;
        if (id < count) chunks$.next({ ...chunk, id });
        else chunks$.complete();
      },
      error: reject,
      complete: () => resolve(times),
    });
    if (count === 1) chunks$.complete();
  });
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

async function timed(count: number, work: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const startMs = performance.now();
    await work();
    times.push(performance.now() - startMs);
  }
  return times;
}

async function repeated<T>(count: number, work: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let i = 0; i < count; i++) results.push(await work());
  return results;
}

function row(
  name: string,
  times: readonly number[],
  upper = (...all: number[]) => quantile(all, 0.95),
): void {
  console.log(
    `${name.padEnd(38)} ${median(times).toFixed(2).padStart(9)}${upper(...times)
      .toFixed(2)
      .padStart(9)}`,
  );
}

function verdict(name: string, value: string, target: string, isMet: boolean): void {
  console.log(`${isMet ? 'met' : 'NOT MET'}: ${name} ${value}, target at most ${target}`);
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;
}

function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

function chunksOf(code: string): Chunk[] {
  const segmenter = new Segmenter();
  return [...segmenter.feed(code, 0), ...segmenter.end(0)];
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
