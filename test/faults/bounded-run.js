// Runs a program, given as an argument, with a budget of 20 MB or another, and prints as JSON what came of it.
import { setTimeout as delay } from 'node:timers/promises';
import { run$ } from '../../packages/engine/dist/index.js';
import { embeddedKernel } from '../../packages/execution/dist/index.js';
import { fromText } from '../../packages/generation/dist/index.js';

const [python = '', source = ''] = process.argv.slice(2);
const maxOutputBytes = Number(process.env.MAX_OUTPUT_BYTES ?? 20_000_000);
const pauseMs = Number(process.env.EVENT_PAUSE_MS ?? 0);
const report = { status: '', error: null, stdoutBytes: 0, isWhole: true, stderr: '', displays: [] };
let peakRssBytes = 0;
const watch = setInterval(() => {
  peakRssBytes = Math.max(peakRssBytes, process.memoryUsage.rss());
}, 10);

const kernel = embeddedKernel({ python });
const tokens$ = fromText(source, { tokensPerSecond: 1e6 });
let nextSeq = 0;
let seqIsGapless = true;
for await (const event of queued(run$(tokens$, kernel, { maxOutputBytes }))) {
  seqIsGapless &&= event.seq === nextSeq++;
  if (event.type === 'output') take(event.output);
  if (event.type === 'error') report.error = event.evalue;
  if (event.type === 'end') report.status = event.status;
  if (pauseMs > 0 && event.type === 'output') await delay(pauseMs);
}
clearInterval(watch);
await kernel[Symbol.asyncDispose]();
process.stdout.write(JSON.stringify({ ...report, seqIsGapless, peakRssBytes }));

/** The events as somebody reads them who is slower than they come. */
async function* queued(events$) {
  const queue = [];
  let wake = () => {};
  let isOver = false;
  const end = () => {
    isOver = true;
    wake();
  };
  events$.subscribe({ next: (event) => queue.push(event) && wake(), error: end, complete: end });
  while (!isOver || queue.length > 0) {
    while (queue.length > 0) yield queue.shift();
    if (!isOver) {
      await new Promise((resolve) => {
        wake = resolve;
      });
    }
  }
}

function take(output) {
  if (output.output_type === 'stream' && output.name === 'stdout') {
    report.stdoutBytes += Buffer.byteLength(output.text);
    report.isWhole &&= output.text.isWellFormed() && !output.text.includes('\ufffd');
  } else if (output.output_type === 'stream') {
    report.stderr += output.text;
  } else if ('data' in output) {
    for (const [type, data] of Object.entries(output.data)) report.displays.push([type, data.length]);
  }
}
