import { type Chunk, Segmenter } from '@eager/detection';
import type { Kernel } from '@eager/execution';
import { ReplaySubject } from 'rxjs';

/** One of several ways to run chunks that are measured side by side. */
export interface Way {
  readonly name: string;
  /** Runs so many chunks, each after the one before it, and gives the time of each in milliseconds. */
  readonly run: (count: number) => Promise<number[]>;
  readonly times: number[];
}

export function way(name: string, run: Way['run']): Way {
  return { name, run, times: [] };
}

/** Runs the chunks as one streamed cell. @returns the times from one chunk's end to the next one's, in milliseconds. */
export function runOneByOne(kernel: Kernel, code: string, count: number): Promise<number[]> {
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

/** The ways take turns, after one round that does not count, so that what else goes on in the machine falls upon all. */
export async function takeTurns(ways: readonly Way[], rounds: number, chunksPerRound: number): Promise<void> {
  for (const { run } of ways) await run(chunksPerRound);
  for (let round = 0; round < rounds; round++) {
    for (const { run, times } of ways) times.push(...(await run(chunksPerRound)));
  }
}

export async function timed(count: number, work: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const startMs = performance.now();
    await work();
    times.push(performance.now() - startMs);
  }
  return times;
}

export function row(
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

export function verdict(name: string, value: string, target: string, isMet: boolean): void {
  console.log(`${isMet ? 'met' : 'NOT MET'}: ${name} ${value}, target at most ${target}`);
}

export function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

function chunksOf(code: string): Chunk[] {
  const segmenter = new Segmenter();
  return [...segmenter.feed(code, 0), ...segmenter.end(0)];
}
