import { Segmenter } from '@eager/detection';
import { embeddedKernel, ForkServer, type Kernel, KernelPool } from '@eager/execution';
import { filter, firstValueFrom, from, lastValueFrom, tap } from 'rxjs';

const ROUNDS = 3;
const IMPORT = 'import pandas, matplotlib.pyplot\n';
const PRELOAD = ['pandas', 'matplotlib.pyplot'];

/** What the project promises of a warm start, in milliseconds. */
const FIRST_RESULT_MS = 100;
const IMPORT_MS = 2;

/**
 * Prints the time from asking for a kernel to its first result, for each way to have one; and how long the imports of a
 * usual program take then. The ways take turns, so that what else goes on in the machine falls upon all of them.
 */
export async function startBench(): Promise<void> {
  const python = process.env.EAGER_PYTHON ?? 'python3';
  await using forkServer = new ForkServer({ python, preload: PRELOAD });
  /** The spare kernel that a pool has started last. */
  let spare: Kernel | undefined;
  const pooled = (start: () => Kernel): KernelPool => {
    const remembered = () => {
      spare = start();
      return spare;
    };
    return new KernelPool({ places: [{ start: remembered, limit: 2 }], spares: 1 });
  };
  await using pool = pooled(() => embeddedKernel({ python }));
  await using warm = pooled(() => embeddedKernel({ python, forkServer }));
  // Nothing starts beside what is measured.
  const quiet = async () => {
    if (spare) await firstValueFrom(spare.status$.pipe(filter((status) => status === 'idle')));
  };
  const ways: readonly Way[] = [
    way('stock', async () => owned(embeddedKernel({ python }))),
    way('spare kernel', () => pool.acquire()),
    way('fork server, preloaded', async () => owned(embeddedKernel({ python, forkServer }))),
    way('spare kernel of the fork server', () => warm.acquire()),
    ...(process.platform === 'linux'
      ? [way('sandbox', async () => owned(embeddedKernel({ python, sandbox: {} })))]
      : []),
  ];
  // A first time for each, to have all files in memory and the spare kernels there.
  for (const { open } of ways) {
    await using _ = await measured(open, quiet);
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const { open, times } of ways) {
      await using result = await measured(open, quiet);
      times.push(result);
    }
  }

  console.log('medians and maxima, ms                first result           imports');
  for (const { name, times } of ways) {
    const cells = [times.map(({ firstMs }) => firstMs), times.map(({ importMs }) => importMs)].map(
      (values) =>
        `${median(values).toFixed(1).padStart(9)}${Math.max(...values)
          .toFixed(1)
          .padStart(9)}`,
    );
    console.log(`${name.padEnd(32)}${cells.join('')}`);
  }
  const preloaded = ways[2]?.times ?? [];
  verdict('first result', median(preloaded.map(({ firstMs }) => firstMs)), FIRST_RESULT_MS);
  verdict('imports', median(preloaded.map(({ importMs }) => importMs)), IMPORT_MS);
}

interface Held extends AsyncDisposable {
  readonly kernel: Kernel;
}

interface Result {
  readonly firstMs: number;
  readonly importMs: number;
}

interface Way {
  readonly name: string;
  readonly open: () => Promise<Held>;
  readonly times: Result[];
}

function way(name: string, open: Way['open']): Way {
  return { name, open, times: [] };
}

function owned(kernel: Kernel): Held {
  return { kernel, [Symbol.asyncDispose]: async () => kernel[Symbol.asyncDispose]() };
}

/** The kernel ends when the result is disposed of, and a spare one takes its place before the next is measured. */
async function measured(open: Way['open'], quiet: () => Promise<void>): Promise<Result & AsyncDisposable> {
  const startMs = performance.now();
  const held = await open();
  await runMs(held.kernel, 'x = 1\n');
  const firstMs = performance.now() - startMs;
  const importMs = await runMs(held.kernel, IMPORT);
  return {
    firstMs,
    importMs,
    [Symbol.asyncDispose]: async () => {
      await held[Symbol.asyncDispose]();
      await quiet();
    },
  };
}

/** How long the one statement of a program ran, on the kernel's clock. */
async function runMs(kernel: Kernel, program: string): Promise<number> {
  const segmenter = new Segmenter();
  const chunks = [...segmenter.feed(program, 0), ...segmenter.end(0)];
  let durationMs = Number.NaN;
  await lastValueFrom(
    kernel.run(from(chunks)).pipe(
      tap((event) => {
        if (event.type === 'finished') durationMs = event.durationMs;
      }),
    ),
  );
  return durationMs;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function verdict(name: string, valueMs: number, targetMs: number): void {
  const isMet = valueMs <= targetMs;
  console.log(
    `${isMet ? 'met' : 'NOT MET'}: preloaded ${name} ${valueMs.toFixed(1)} ms, target at most ${targetMs} ms`,
  );
}
