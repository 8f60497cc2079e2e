import { execFileSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type RunEvent, run$ } from '@eager/engine';
import { embeddedKernel, type Kernel } from '@eager/execution';
import { fromText } from '@eager/generation';
import { filter, firstValueFrom } from 'rxjs';
import { ReplayKernel } from './replay-kernel.js';

const KERNELS = Number(process.env.BENCH_KERNELS ?? 50);
const STREAMS = 500;
const TOKENS_PER_SECOND = 50;

/** What it took to follow so many runs at once in this process. */
export interface Load {
  readonly runs: number;
  /** How many ended in order with all that they were to print, and nothing of another. */
  readonly complete: number;
  /** What was wrong with the first that did not. */
  readonly problem: string | undefined;
  readonly events: number;
  readonly wallMs: number;
  /** Of one core, by this process. */
  readonly cpuShare: number;
  /** Heap and buffers that one run needs while it goes on, in bytes. */
  readonly bytesPerRun: number;
}

/**
 * Prints what 50 real kernels, and 500 streams that are replayed to kernels of no cost, need in one process, at growing
 * numbers: growth is to be linear. `BENCH_KERNELS` asks for another number of kernels, each of which takes 60 to 80 MB.
 */
export async function loadBench(): Promise<void> {
  const python = process.env.EAGER_PYTHON ?? 'python3';
  // Once for the code itself: what it takes to load and to compile is no part of a run.
  await followRuns([new ReplayKernel()]);
  await using first = embeddedKernel({ python });
  await followRuns([first]);
  console.log('replayed streams                 complete    events   CPU share   CPU, ms a run   kB a run');
  for (const count of growing(STREAMS)) {
    row(await followRuns(Array.from({ length: count }, () => new ReplayKernel())));
  }
  console.log('\nreal kernels                     complete    events   CPU share   CPU, ms a run   kB a run');
  for (const count of growing(KERNELS)) {
    const bytesBefore = usedBytes();
    const kernels = await startKernels(python, count);
    try {
      row(await followRuns(kernels, bytesBefore));
      console.log(`  (their processes: ${(processesBytes() / 1e6 / count).toFixed(0)} MB each)`);
    } finally {
      await Promise.all(kernels.map((kernel) => kernel[Symbol.asyncDispose]()));
    }
  }
}

/**
 * Runs a program on each kernel, all at once, while it is written at a model's pace.
 *
 * @param bytesBefore what the process used before it had the kernels
 */
export async function followRuns(kernels: readonly Kernel[], bytesBefore = usedBytes()): Promise<Load> {
  const startMs = performance.now();
  const cpuBefore = process.cpuUsage();
  const runs = kernels.map((kernel, index) => followRun(kernel, index));
  await delay(MEASURE_AFTER_MS);
  const bytesPerRun = (usedBytes() - bytesBefore) / kernels.length;
  const results = await Promise.all(runs);
  const { user, system } = process.cpuUsage(cpuBefore);
  const wallMs = performance.now() - startMs;
  const problems = results.flatMap(({ problem }) => problem ?? []);
  return {
    runs: kernels.length,
    complete: kernels.length - problems.length,
    problem: problems[0],
    events: results.reduce((sum, { events }) => sum + events, 0),
    wallMs,
    cpuShare: (user + system) / 1000 / wallMs,
    bytesPerRun,
  };
}

/** About 100 tokens: two seconds at the pace above. */
const LINES = 12;
const MEASURE_AFTER_MS = 1_000;

async function followRun(
  kernel: Kernel,
  index: number,
): Promise<{ events: number; problem: string | undefined }> {
  const lines = Array.from({ length: LINES }, (_, line) => `print("run", ${index}, "line", ${line})\n`);
  const order = new Order();
  const events$ = run$(fromText(lines.join(''), { tokensPerSecond: TOKENS_PER_SECOND }), kernel);
  await events$.forEach((event) => {
    order.take(event);
  });
  const expected = lines.map((_, line) => `run ${index} line ${line}\n`).join('');
  return { events: order.events, problem: order.problemWith(expected) };
}

/** Checks the events of a run while they come, and keeps none. */
class Order {
  events = 0;
  #problem: string | undefined;
  #running: number | undefined;
  #finished = 0;
  #text = '';
  #status: string | undefined;

  take(event: RunEvent & { readonly seq: number }): void {
    if (event.seq !== this.events++) this.#problem ??= `event ${event.seq} came as number ${this.events - 1}`;
    if (this.#status !== undefined) this.#problem ??= `${event.type} came after the end`;
    if (event.type === 'started') {
      if (this.#running !== undefined || event.chunk.id !== this.#finished) {
        this.#problem ??= `statement ${event.chunk.id} started after ${this.#finished} had finished`;
      }
      this.#running = event.chunk.id;
    }
    if (event.type === 'output' && 'text' in event.output) this.#text += [event.output.text].flat().join('');
    if (event.type === 'finished') {
      if (event.chunk.id !== this.#running) this.#problem ??= `statement ${event.chunk.id} finished unasked`;
      this.#running = undefined;
      this.#finished++;
    }
    if (event.type === 'end') this.#status = event.status;
  }

  problemWith(text: string): string | undefined {
    if (this.#problem !== undefined) return this.#problem;
    if (this.#status !== 'ok') return `it ended with ${this.#status}`;
    if (this.#finished !== LINES) return `${this.#finished} statements finished`;
    return this.#text === text ? undefined : `it printed ${JSON.stringify(this.#text)}`;
  }
}

/** One after the other: that Python starts is not what is measured. */
async function startKernels(python: string, count: number): Promise<Kernel[]> {
  const kernels: Kernel[] = [];
  for (let i = 0; i < count; i++) {
    const kernel = embeddedKernel({ python });
    kernels.push(kernel);
    await firstValueFrom(kernel.status$.pipe(filter((status) => status === 'idle' || status === 'dead')));
  }
  return kernels;
}

function growing(most: number): number[] {
  return [...new Set([most / 4, most / 2, most].map(Math.ceil))];
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function usedBytes(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Resident memory of this process's children. */
function processesBytes(): number {
  const rows = execFileSync('ps', ['-A', '-o', 'ppid=,rss=,args='], { encoding: 'utf8' }).split('\n');
  return rows
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)/.exec(line) ?? [])
    .filter(([, parent, , args]) => Number(parent) === process.pid && args?.includes('ipykernel'))
    .reduce((sum, [, , rss]) => sum + Number(rss) * 1024, 0);
}

function row({ runs, complete, problem, events, wallMs, cpuShare, bytesPerRun }: Load): void {
  console.log(
    `${String(runs).padEnd(30)}${`${complete} of ${runs}`.padStart(11)}${String(events).padStart(10)}` +
      `${`${(cpuShare * 100).toFixed(0)} %`.padStart(12)}${((cpuShare * wallMs) / runs).toFixed(1).padStart(16)}` +
      `${(bytesPerRun / 1000).toFixed(0).padStart(11)}`,
  );
  if (problem !== undefined) console.log(`NOT MET: not all runs are complete; the first problem: ${problem}`);
}
