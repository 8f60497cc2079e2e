import { readFileSync } from 'node:fs';
import { effects, off, type Policy } from '../../packages/detection/src/index.js';
import { finalOutputs, type RunEvent, run$, runSerially$ } from '../../packages/engine/src/index.js';
import type { Kernel, Output, PythonError } from '../../packages/execution/src/index.js';
import { fromStream, fromText } from '../../packages/generation/src/index.js';
import { seededRandom } from '../../packages/generation/src/random.js';
import type { FreshKernel } from './kernels.js';

/** Everything that can be seen of a program that has run. */
export interface Observation {
  /** In the order of their publication; the text of a stream is one output wherever no output of another kind came between. */
  readonly outputs: readonly Output[];
  /** What a notebook would hold. */
  readonly saved: ReturnType<typeof finalOutputs>;
  readonly error: PythonError | null;
  /** What the program left behind: see afterwards.py. */
  readonly afterwards: { readonly inputs: readonly string[] } & Readonly<Record<string, unknown>>;
}

/** A way to write a program while it runs. */
export interface Mode {
  readonly name: string;
  readonly policy: () => Policy;
  readonly tokens$: (program: string) => ReturnType<typeof fromText>;
}

/** The ways to write that are compared with a plain cell: every rate, every cut, both with and without a gate. */
export const modes: readonly Mode[] = [
  {
    name: 'as tokens at 3000 tokens/s, default policy',
    policy: effects,
    tokens$: (program) => fromText(program, { tokensPerSecond: 3000, jitter: 1, seed: program.length }),
  },
  {
    name: 'as tokens at 300 tokens/s, policy off',
    policy: off,
    tokens$: (program) => fromText(program, { tokensPerSecond: 300, jitter: 1, seed: program.length + 1 }),
  },
  {
    name: 'in random pieces as fast as they are read, policy off',
    policy: off,
    tokens$: (program) => fromStream(stream(randomPieces(program, program.length))),
  },
  {
    name: 'all at once, default policy',
    policy: effects,
    tokens$: (program) => fromStream(stream([program])),
  },
  {
    name: 'one character at a time, policy off',
    policy: off,
    tokens$: (program) => fromStream(stream(program)),
  },
];

/** The program as one plain `execute_request`. */
export function observeSerial(program: string, fresh: FreshKernel): Promise<Observation> {
  return observe(program, fresh, (kernel) => runSerially$(fromStream(stream([program])), kernel));
}

/** The program through the whole engine, while it is written in some way. */
export function observeEager(program: string, mode: Mode, fresh: FreshKernel): Promise<Observation> {
  return observe(program, fresh, (kernel) => run$(mode.tokens$(program), kernel, { policy: mode.policy() }));
}

const before = readFileSync(new URL('before.py', import.meta.url), 'utf8');
const afterwards = readFileSync(new URL('afterwards.py', import.meta.url), 'utf8');

/** The cells around the program are plain ones in every case. */
async function observe(
  program: string,
  { kernel }: FreshKernel,
  run: (kernel: Kernel) => ReturnType<typeof run$>,
): Promise<Observation> {
  const plain = async (code: string) => eventsOf(runSerially$(fromStream(stream([code])), kernel));
  const usesNumpy = /\b(?:numpy|pandas|matplotlib|seaborn|scipy|sklearn)\b/.test(program) ? 'True' : 'False';
  await plain(`${before}\n_before(${usesNumpy})\ndel _before\n`);
  const events = await eventsOf(run(kernel));
  const published = outputsOf(events);
  const [left] = outputsOf(await plain(`${afterwards}\n_afterwards(${usesNumpy})\n`)).filter(
    ({ output_type }) => output_type === 'display_data',
  );
  if (left?.output_type !== 'display_data')
    throw new Error('The program left a kernel that displays nothing.');
  const failure = events.find((event) => event.type === 'error');
  return {
    outputs: joined(published),
    saved: finalOutputs(joined(published)),
    error: failure ? { ename: failure.ename, evalue: failure.evalue, traceback: failure.traceback } : null,
    afterwards: JSON.parse(String(left.data['text/plain'])),
  };
}

function eventsOf(events$: ReturnType<typeof run$>): Promise<RunEvent[]> {
  return new Promise((resolve, reject) => {
    const events: RunEvent[] = [];
    events$.subscribe({
      next: (event) => events.push(event),
      error: reject,
      complete: () => resolve(events),
    });
  });
}

function outputsOf(events: readonly RunEvent[]): Output[] {
  return events.flatMap((event) => (event.type === 'output' ? [event.output] : []));
}

/** stdout and stderr have a buffer each, so between two other outputs only the order within each has a meaning. */
function joined(published: readonly Output[]): Output[] {
  const outputs: Output[] = [];
  let streams = { stdout: '', stderr: '' };
  const flush = () => {
    for (const name of ['stdout', 'stderr'] as const) {
      if (streams[name]) outputs.push({ output_type: 'stream', name, text: streams[name] });
    }
    streams = { stdout: '', stderr: '' };
  };
  for (const output of published) {
    if (output.output_type === 'stream') {
      streams[output.name as 'stdout' | 'stderr'] += [output.text].flat().join('');
    } else {
      flush();
      outputs.push(output);
    }
  }
  flush();
  return outputs;
}

/** Each piece in a turn of the event loop of its own, so that the kernel is heard in between. */
async function* stream(pieces: Iterable<string>): AsyncGenerator<string> {
  for (const piece of pieces) {
    yield piece;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Cut anywhere, even inside of a name or of a surrogate pair. */
export function* randomPieces(text: string, seed: number): Generator<string> {
  const random = seededRandom(seed);
  for (let from = 0; from < text.length; ) {
    const to = from + 1 + Math.floor(random() ** 2 * 12);
    yield text.slice(from, to);
    from = to;
  }
}
