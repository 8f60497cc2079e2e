import { Buffer } from 'node:buffer';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { embeddedKernel } from '@eager/execution';
import type { IOutput } from '@jupyterlab/nbformat';
import { EXIT } from '../exit-codes.js';
import { runLimits } from '../limits.js';
import { programSource } from '../program-source.js';
import { DATA_PACKAGES, preparePython } from '../python/index.js';
import { runSubprocess } from '../python/subprocess.js';
import { saveTimeline } from '../save.js';
import { comparisonText, followRun } from '../terminal/index.js';
import { type TwoRuns, twoRuns } from '../two-runs.js';

/** The recording, the data that it reads, and how both were made. */
const DEMO_DIRECTORY = fileURLToPath(new URL('../../demo/', import.meta.url));

/**
 * `eager demo`: replays a recorded answer of a model at its own pace, runs its program serially and then eagerly, and
 * shows what that saved.
 *
 * @param signal stops the demo in order; it then rejects with the signal's reason
 * @returns 0 if both runs ended well and with equal outputs
 */
export async function demo(options: { readonly python?: string }, signal: AbortSignal): Promise<number> {
  try {
    return await runDemo(options, signal);
  } catch (error) {
    if (signal.aborted) say('Stopped.');
    throw error;
  }
}

async function runDemo(options: { readonly python?: string }, signal: AbortSignal): Promise<number> {
  const { python } = await preparePython({ ...options, packages: DATA_PACKAGES, onProgress: say, signal });
  say('A model writes a data analysis. Its recorded answer is replayed twice, at its own pace.');
  await readIntoFileCache(python, signal);

  const source = await programSource(join(DEMO_DIRECTORY, 'analysis.ndjson'), {});
  const runs = await twoRuns(source, {
    open: async (env) => embeddedKernel({ python, cwd: DEMO_DIRECTORY, env }),
    signal,
    ...runLimits({}),
    onStart: followRun,
  });
  signal.throwIfAborted();

  process.stdout.write(comparisonText(runs));
  const files = await save(runs);
  process.stdout.write(`figure and timeline: ${files.join(', ')}\n`);
  const areOk = [runs.serial, runs.eager].every(({ timeline }) => timeline.summary?.status === 'ok');
  return areOk && runs.differences.length === 0 ? EXIT.ok : EXIT.failure;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/**
 * Imports once what the program imports. Python's libraries are some hundred megabytes, and the first run would
 * otherwise pay for reading them from the disk: the comparison would flatter the second.
 */
async function readIntoFileCache(python: string, signal: AbortSignal): Promise<void> {
  const command: [string, ...string[]] = [python, '-c', 'import matplotlib.pyplot, pandas'];
  await runSubprocess(command, { env: process.env, cwd: DEMO_DIRECTORY, signal });
}

/** Writes the figures of the eager run and the picture of both runs. Returns the paths, relative to where we are. */
async function save(runs: TwoRuns): Promise<string[]> {
  const directory = join('.eager', 'demo');
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  const images = runs.eager.outputs.flatMap(pngOf);
  const files = images.map((_, index) => join(directory, `figure-${index + 1}.png`));
  await Promise.all(images.map((image, index) => writeFile(files[index] ?? '', image)));
  const timeline = join(directory, 'timeline.svg');
  const labelled = [
    { label: 'Serial', timeline: runs.serial.timeline },
    { label: 'Eager', timeline: runs.eager.timeline },
  ];
  await saveTimeline(timeline, labelled, 'A data analysis, run serially and eagerly');
  return [...files, timeline].map((file) => relative('.', file));
}

function pngOf({ data }: IOutput): Buffer[] {
  const png = (data as Record<string, unknown> | undefined)?.['image/png'];
  return typeof png === 'string' ? [Buffer.from(png, 'base64')] : [];
}
