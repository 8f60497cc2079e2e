// Records the logs that the notebooks read: each program here and the demo, run as `eager run --json` runs them, but on a
// kernel that has already started. Run it after a build, and on a quiet machine: a log is a measurement. With arguments it
// records only the logs of these names.
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventLines } from '../../packages/cli/dist/event-json.js';
import { run$ } from '../../packages/engine/dist/index.js';
import { embeddedKernel } from '../../packages/execution/dist/index.js';
import { codeFences, fromRecording, fromText, parseRecording } from '../../packages/generation/dist/index.js';

/** Like that of a model which answers at once. */
const TTFT_MS = 500;

const rates = { report: [50], queries: [25, 50, 100, 200, 400], 'small-steps': [100, 1000, 10_000] };
const demo = new URL('../../packages/cli/demo/', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'eager-notebooks-'));
copyFileSync(new URL('coffee.csv', demo), join(folder, 'coffee.csv'));

try {
  const recording = parseRecording(readFileSync(new URL('analysis.ndjson', demo), 'utf8'));
  await record('analysis', fromRecording(recording).pipe(codeFences()));
  for (const [program, each] of Object.entries(rates)) {
    const text = readFileSync(new URL(`${program}.py`, import.meta.url), 'utf8');
    for (const tokensPerSecond of each) {
      await record(`${program}-${tokensPerSecond}`, fromText(text, { tokensPerSecond, ttftMs: TTFT_MS }));
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}

/**
 * Runs a program, and keeps the log.
 *
 * @param {string} name
 * @param {import('rxjs').Observable<import('../../packages/generation/dist/index.js').Token>} tokens$
 */
async function record(name, tokens$) {
  const names = process.argv.slice(2);
  if (names.length > 0 && !names.includes(name)) return;
  const kernel = embeddedKernel({ python: process.env.EAGER_PYTHON ?? 'python3', cwd: folder });
  const toLine = eventLines();
  let log = '';
  try {
    await run$(fromText('0\n', { tokensPerSecond: Infinity }), kernel).forEach(() => {}); // until it has started
    await run$(tokens$, kernel).forEach((event) => {
      log += toLine(event) ?? '';
    });
  } finally {
    await kernel[Symbol.asyncDispose]();
  }
  writeFileSync(new URL(`${name}.ndjson`, import.meta.url), log);
  console.log(name, log.trimEnd().split('\n').at(-1));
}
