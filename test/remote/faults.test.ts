import { type ExecutionEvent, type RemoteKernel, remoteKernel } from '@eager/execution';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TcpProxy } from '../../packages/bench/src/tcp-proxy.js';
import { type RunOptions, runProgram } from '../../packages/execution/src/program.fixture.js';
import { jsonLines, Playground } from '../cli/eager.js';
import { expectRunLines } from '../cli/events.js';
import { faultPlan, play } from './fault-plan.js';
import { JupyterServer } from './jupyter-server.js';

/** EAGER_FAULTS=full makes more plans, and lets outages last as long as real ones. */
const isFull = process.env.EAGER_FAULTS === 'full';
const PLANS = isFull ? 20 : 2;
const FAULTS_PER_PLAN = 6;

let server: JupyterServer;
let proxy: TcpProxy;
beforeAll(async () => {
  server = await JupyterServer.start();
  proxy = await TcpProxy.start(server.port);
});
afterAll(async () => {
  await proxy?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
});

const PROGRAMS: Readonly<Record<string, { readonly source: string } & RunOptions>> = {
  'waits for each statement': {
    source: Array.from({ length: 60 }, (_, i) => `x = ${i}\nprint(x)\n`).join(''),
    feed: 'one by one',
  },
  'runs, and says little': {
    source: 'import time\nfor i in range(4):\n    time.sleep(0.4); print(i)\ntime.sleep(0.4)\n"end"\n',
  },
  'prints 10,000 lines': {
    source: `import time
for i in range(10_000):
    print("line", i)
    if i % 100 == 0: time.sleep(0.01)
`,
  },
  'prints more than it may': {
    // What fits depends on how the text is cut into messages: here a line is one, whoever flushes it.
    source: `import sys, time
sys.stdout.flush_interval = 60
for i in range(2_000):
    sys.stdout.write(f"line {i} {'x' * 1_000}\\n"); sys.stdout.flush()
    if i % 10 == 0: time.sleep(0.02)
1 / 0
`,
    maxOutputBytes: 800_000,
  },
  'asks for input': {
    source: 'for i in range(100):\n    print("got", input(f"{i}? "))\nprint("end")\n',
    input: async (prompt) => `answer to ${prompt}`,
  },
  'shows figures': {
    source: `import matplotlib; matplotlib.use("module://matplotlib_inline.backend_inline")
import matplotlib.pyplot as plt
_ = plt.plot([1, 3, 2])
plt.show()
_ = plt.plot([3, 1, 2])
`,
    feed: 'one by one',
  },
  'updates what it displays': {
    source: `import time
from IPython.display import clear_output
handle = display("0 %", display_id="progress")
for i in range(10):
    time.sleep(0.1); handle.update(f"{i}0 %")
display("x" * 100_000)
clear_output(wait=True)
display("done")
`,
    feed: 'one by one',
  },
  'ends with an error': {
    source: 'print("before")\ndef f(): return 1 / 0\nf()\nprint("never")\n',
    feed: 'one by one',
  },
};

describe.each(Object.entries(PROGRAMS))('a program that %s', (_name, { source, ...options }) => {
  let kernel: RemoteKernel;
  let expected: readonly unknown[];
  beforeAll(async () => {
    kernel = remoteKernel({ url: `http://127.0.0.1:${proxy.port}/`, token: server.token, heartbeatMs: 300 });
    expected = facts((await runProgram(kernel, source, options)).events);
  });
  afterAll(() => kernel?.[Symbol.asyncDispose]());

  test.each(Array.from({ length: PLANS }, (_, index) => index + 1))(
    'as if nothing had been: plan %i',
    async (seed) => {
      const over = new AbortController();
      const plan = faultPlan(seed * 1_000 + source.length, FAULTS_PER_PLAN);
      const [{ events }] = await Promise.all([
        runProgram(kernel, source, options).finally(() => over.abort()),
        play(plan, proxy, over.signal),
      ]);
      expect(facts(events), JSON.stringify(plan)).toEqual(expected);
    },
  );
});

/**
 * What a run has said, but for times and for how its text was cut. What is said of two statements comes on two channels of
 * the kernel, so only the order of what concerns one has a meaning.
 */
function facts(events: readonly ExecutionEvent[]): readonly unknown[] {
  const said = events.map(factOf);
  return joined(said.toSorted((one, other) => (one.chunk ?? -1) - (other.chunk ?? -1)));
}

function factOf(event: ExecutionEvent): Fact & Readonly<Record<string, unknown>> {
  switch (event.type) {
    case 'batch':
      return { type: 'batch', id: event.batch.id, chunks: event.batch.chunks.map(({ id }) => id) };
    case 'started':
      return { type: 'started', chunk: event.chunk.id };
    case 'output':
      return { type: 'output', chunk: event.chunk.id, output: withoutCount(event.output) };
    case 'finished':
      return {
        type: 'finished',
        chunk: event.chunk.id,
        error: event.status === 'error' ? withoutCount(event.error) : null,
      };
    case 'closed':
      return { type: 'closed', error: event.error };
    case 'verdict':
      throw new Error('Nothing is gated here.');
  }
}

interface Fact {
  readonly type: string;
  readonly chunk?: number;
  readonly output?: unknown;
}

/** Pieces of a stream in one. */
function joined(said: readonly Fact[]): readonly Fact[] {
  const facts: Fact[] = [];
  for (const fact of said) {
    const last = facts.at(-1);
    const [text, before] = [textOf(fact), last && textOf(last)];
    const isMore = text !== undefined && before?.name === text.name && last?.chunk === fact.chunk;
    if (isMore) facts[facts.length - 1] = { ...fact, output: { ...text, text: before.text + text.text } };
    else facts.push(fact);
  }
  return facts;
}

function textOf({ output }: Fact) {
  const { output_type: type, name, text } = (output ?? {}) as Record<string, string>;
  return type === 'stream' && name !== undefined && text !== undefined
    ? { output_type: type, name, text }
    : undefined;
}

/** Cells of a kernel are counted; tracebacks name their cell. */
function withoutCount(value: unknown): unknown {
  const text = JSON.stringify(value).replace(/("execution_count":|In\[?[^\]\d]{0,20}\[)\d+/g, '$1n');
  return JSON.parse(text.replaceAll('"execution_count":n', '"execution_count":null'));
}

describe('eager run --json', () => {
  const source = `import time
print("begin")
for i in range(500):
    print("line", i)
    if i % 25 == 0: time.sleep(0.05)

time.sleep(0.5)
1 / 0
`;
  const run = async (port: number, onBegin = () => {}) => {
    const running = new Playground({ 'p.py': source }).start(
      ['run', 'p.py', '--server', `http://127.0.0.1:${port}/`, '--json'],
      { env: { EAGER_TOKEN: server.token } },
    );
    await running.stdoutHolds('begin\\n"}');
    onBegin();
    const { code, stdout } = await running.finished;
    const lines = expectRunLines(jsonLines(stdout)).map(({ seq: _seq, at: _at, ...line }) => line);
    return { code, lines: joined(lines.map(withoutTimes)) };
  };

  test('says of an interrupted connection what it says of an undisturbed one', async () => {
    const expected = await run(server.port);
    expect(expected.code).toBe(3);
    for (const seed of Array.from({ length: isFull ? 10 : 1 }, (_, index) => index)) {
      const over = new AbortController();
      let played = Promise.resolve();
      const interrupted = await run(proxy.port, () => {
        played = play(faultPlan(seed, 4), proxy, over.signal);
      });
      over.abort();
      await played;
      expect(interrupted).toEqual(expected);
    }
  }, 300_000);
});

function withoutTimes(line: Fact): Fact {
  const entries = Object.entries(line).filter(([name]) => !name.endsWith('Ms'));
  return Object.fromEntries(entries) as unknown as Fact;
}
