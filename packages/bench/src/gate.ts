import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { type Chunk, EffectAnalysis, Segmenter } from '@eager/detection';

/** How many files of the standard library are looked at. */
const SAMPLED_FILES = 150;

/** Prints what static analysis of the effects costs for each chunk, on programs as models write them and as people do. */
export function gateBench(): void {
  const programs = {
    'the demo program': [demoProgram()],
    'functions and calls': [manyCalls(1000)],
    ...standardLibrary(),
  };
  // The compiler is warmed by a run that is not measured.
  for (const texts of Object.values(programs)) for (const text of texts) timesOf(chunksOf(text));

  console.log('                          chunks │ EffectAnalysis, µs a chunk │ chunks with effects');
  console.log('                                 │ median    mean       p99   │   all    unaudited');
  for (const [name, texts] of Object.entries(programs)) {
    const chunks = texts.map(chunksOf);
    const times = chunks.flatMap(timesOf).toSorted((a, b) => a - b);
    const found = chunks.flatMap(effectsOf).filter((effects) => effects.length > 0);
    const columns = [
      name.padEnd(22),
      `${times.length}`.padStart(10),
      '│',
      quantile(times, 0.5).toFixed(1).padStart(6),
      (times.reduce((sum, us) => sum + us, 0) / times.length).toFixed(1).padStart(7),
      quantile(times, 0.99).toFixed(0).padStart(9),
      '  │',
      `${found.length}`.padStart(5),
      `${found.filter((effects) => effects.some(({ unaudited }) => unaudited)).length}`.padStart(12),
    ];
    console.log(columns.join(' '));
  }
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

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
}

if (argv[1] === fileURLToPath(import.meta.url)) gateBench();
