import { argv } from 'node:process';
import { detectionBench } from './detection.js';
import { executionBench } from './execution.js';
import { gateBench } from './gate.js';
import { loadBench } from './load.js';

import { writeReadme } from './readme.js';
import { remoteBench } from './remote.js';
import { startBench } from './start.js';

const BENCHES = new Map([
  ['detection', detectionBench],
  ['execution', executionBench],
  ['gate', gateBench],
  ['load', loadBench],
  ['remote', remoteBench],
  ['start', startBench],
]);

const args = argv.slice(2);
const chosen = parse(args);
if (args[0] === '--readme') {
  writeReadme();
} else if (chosen) {
  await run(chosen);
} else {
  console.error(`Usage: npm run bench -- [--only ${[...BENCHES.keys()].join('|')} | --readme]`);
  process.exitCode = 2;
}

/** Undefined when the arguments make no sense. */
function parse(args: readonly string[]): readonly string[] | undefined {
  if (args.length === 0) return [...BENCHES.keys()];
  const [option, name = '', ...rest] = args;
  return option === '--only' && BENCHES.has(name) && rest.length === 0 ? [name] : undefined;
}

/** One after another: beside each other they would measure each other. */
async function run(names: readonly string[]): Promise<void> {
  for (const [index, name] of names.entries()) {
    console.error(`▸ ${name} (${index + 1} of ${names.length})`);
    const startMs = performance.now();
    await BENCHES.get(name)?.();
    console.error(`▸ ${name} took ${((performance.now() - startMs) / 1000).toFixed(1)} s\n`);
  }
}
