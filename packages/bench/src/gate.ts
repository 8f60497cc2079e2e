import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { type Chunk, EffectAnalysis, effects, permitted, Segmenter } from '@eager/detection';
import { type CellOptions, embeddedKernel, type Kernel } from '@eager/execution';
import { ReplaySubject } from 'rxjs';
import { digits, type MicroTable } from './micro/table.js';

/** How many files of the standard library are looked at. */
const SAMPLED_FILES = 150;

/** How often each program runs with the hook, and without it in turn. */
const ROUNDS = 30;

/** What the hook may add to the time of a program. */
const MAX_HOOK_SHARE = 0.03;

/** Prints what both layers of the gate cost: static analysis for each chunk, and the hook for programs that it sees much of. */
export async function gateBench(): Promise<void> {
  analysisBench();
  await hookBench();
}

/** What static analysis costs, for a report. */
export function analysisTable(): MicroTable {
  return {
    title: 'The gate: what analysing a chunk costs',
    about: 'Microseconds a chunk, on programs as models write them and as people do.',
    headings: ['program', 'chunks', 'median', 'mean', 'p99', 'chunks with effects'],
    rows: analysed().map(({ name, chunks, medianUs, meanUs, p99Us, withEffects }) => {
      return [name, chunks, digits(medianUs), digits(meanUs), digits(p99Us), withEffects];
    }),
  };
}

function analysisBench(): void {
  console.log('                          chunks │ EffectAnalysis, µs a chunk │ chunks with effects');
  console.log('                                 │ median    mean       p99   │   all    unaudited');
  for (const { name, chunks, medianUs, meanUs, p99Us, withEffects, withUnaudited } of analysed()) {
    const columns = [
      name.padEnd(22),
      `${chunks}`.padStart(10),
      '│',
      medianUs.toFixed(1).padStart(6),
      meanUs.toFixed(1).padStart(7),
      p99Us.toFixed(0).padStart(9),
      '  │',
      `${withEffects}`.padStart(5),
      `${withUnaudited}`.padStart(12),
    ];
    console.log(columns.join(' '));
  }
}

/** On programs as models write them and as people do. */
function analysed() {
  const programs = {
    'the demo program': [demoProgram()],
    'functions and calls': [manyCalls(1000)],
    ...standardLibrary(),
  };
  // The compiler is warmed by a run that is not measured.
  for (const texts of Object.values(programs)) for (const text of texts) timesOf(chunksOf(text));
  return Object.entries(programs).map(([name, texts]) => {
    const chunks = texts.map(chunksOf);
    const times = chunks.flatMap(timesOf).toSorted((a, b) => a - b);
    const found = chunks.flatMap(effectsOf).filter((effects) => effects.length > 0);
    return {
      name,
      chunks: times.length,
      medianUs: quantile(times, 0.5),
      meanUs: times.reduce((sum, us) => sum + us, 0) / times.length,
      p99Us: quantile(times, 0.99),
      withEffects: found.length,
      withUnaudited: found.filter((effects) => effects.some(({ unaudited }) => unaudited)).length,
    };
  });
}

/**
 * The hook stays in a kernel for ever, so what runs without it has a kernel of its own. The two take turns, so that what
 * else goes on in the machine falls upon both.
 */
async function hookBench(): Promise<void> {
  const python = process.env.EAGER_PYTHON ?? 'python3';
  await using watched = embeddedKernel({ python });
  await using unwatched = embeddedKernel({ python });
  console.log('\nprocessor time of a program, median ms   without   with the hook');
  for (const [name, program] of Object.entries(HOOKED)) {
    const times = { without: [] as number[], with: [] as number[] };
    for (let round = -2; round < ROUNDS; round++) {
      const without = await cpuMs(unwatched, program, {});
      const withHook = await cpuMs(watched, program, {
        permit: (effect) => permitted(effects(), effect),
      });
      if (round < 0) continue; // Caches fill.
      times.without.push(without);
      times.with.push(withHook);
    }
    const [a, b] = [median(times.without), median(times.with)];
    const isMet = b <= a * (1 + MAX_HOOK_SHARE);
    console.log(
      `${name.padEnd(24)}${a.toFixed(1).padStart(10)}${b.toFixed(1).padStart(18)}   ${(100 * (b / a - 1)).toFixed(1)} %` +
        ` (quickest ${(100 * (Math.min(...times.with) / Math.min(...times.without) - 1)).toFixed(1)} %)` +
        `   ${isMet ? 'met' : 'NOT MET'}: at most ${100 * MAX_HOOK_SHARE} %`,
    );
  }
}

/** Programs that raise many audit events, each as one statement. */
const HOOKED = {
  'many imports': `
def work(names):
    import importlib, sys
    for name in list(sys.modules):
        if name.partition(".")[0] in names:
            del sys.modules[name]
    for name in names:
        importlib.import_module(name)
work("email mailbox html xml unittest http ftplib imaplib poplib smtplib wave tarfile difflib doctest".split()
     + "statistics fractions configparser optparse cmd plistlib csv calendar xmlrpc wsgiref sqlite3".split())
`,
  'many files that are read': `
def work():
    import os
    size = 0
    for _ in range(1000):
        with open(os.__file__) as file:
            size += len(file.read())
work()
`,
} as const;

/**
 * Processor time of a program that has not ended, in milliseconds, as it measures it itself: nobody is asked here, so the
 * hook costs nothing else, and what else runs on the machine does not count.
 */
function cpuMs(kernel: Kernel, program: string, options: CellOptions): Promise<number> {
  const chunks = chunksOf(
    `import time\nstart = time.thread_time()\n${program}print(1000 * (time.thread_time() - start))\n`,
  );
  const chunks$ = new ReplaySubject<Chunk>();
  for (const chunk of chunks) chunks$.next(chunk);
  let printed = '';
  return new Promise((resolve, reject) => {
    kernel.run(chunks$, options).subscribe({
      next: (event) => {
        if (event.type === 'output' && event.output.output_type === 'stream') printed += event.output.text;
        if (event.type !== 'finished') return;
        if (event.status === 'error') reject(new Error(`${event.error.ename}: ${event.error.evalue}`));
        if (event.chunk.id === chunks.length - 1) chunks$.complete();
      },
      error: reject,
      complete: () => resolve(Number(printed)),
    });
  });
}

/** The demo's answer of a model, without its prose. */
function demoProgram(): string {
  const answer = readFileSync(new URL('../../cli/demo/analysis.md', import.meta.url), 'utf8');
  return /```python\n([\s\S]*?)```/.exec(answer)?.[1] ?? '';
}

/** Each function calls the one before it and is called at once: whatever is remembered of calls must be asked again. */
function manyCalls(count: number): string {
  const define = (i: number) => `def f${i}(x):\n    y = f${i - 1}(x)\n    return y + 1\n\nf${i}(3)\n`;
  return `def f0(x):\n    return open(x, "w")\n${Array.from({ length: count }, (_, i) => define(i + 1)).join('')}`;
}

function standardLibrary(): Record<string, string[]> {
  const root = standardLibraryPath();
  if (!root) {
    console.log('Without Python the standard library is not measured. Set EAGER_PYTHON to name one.\n');
    return {};
  }
  const paths = readdirSync(root).filter((name) => name.endsWith('.py'));
  const texts = paths.slice(0, SAMPLED_FILES).map((name) => readFileSync(join(root, name), 'utf8'));
  return { 'the standard library': texts };
}

function standardLibraryPath(): string | undefined {
  const script = 'import sysconfig; print(sysconfig.get_path("stdlib"))';
  try {
    return execFileSync(process.env.EAGER_PYTHON ?? 'python3', ['-c', script], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

function chunksOf(program: string): Chunk[] {
  const segmenter = new Segmenter();
  return [...segmenter.feed(program, 0), ...segmenter.end(0)];
}

function timesOf(chunks: readonly Chunk[]): number[] {
  const analysis = new EffectAnalysis();
  return chunks.map((chunk) => {
    const start = performance.now();
    analysis.analyse(chunk);
    return (performance.now() - start) * 1000;
  });
}

function effectsOf(chunks: readonly Chunk[]) {
  const analysis = new EffectAnalysis();
  return chunks.map((chunk) => analysis.analyse(chunk));
}

function median(values: readonly number[]): number {
  return quantile(
    values.toSorted((a, b) => a - b),
    0.5,
  );
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
}

if (argv[1] === fileURLToPath(import.meta.url)) await gateBench();
