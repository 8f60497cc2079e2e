import { type ConnectionState, type RemoteKernel, remoteKernel } from '@eager/execution';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { TcpProxy } from '../../packages/bench/src/tcp-proxy.js';
import { runProgram, runSerially, textOf } from '../../packages/execution/src/program.fixture.js';
import { LiveSocket } from '../../packages/execution/src/remote/live-socket.js';
import { JupyterServer } from './jupyter-server.js';
import { failureOf, printed } from './runs.js';

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

const LINES = 10_000;
const PRINTING = `import time
for i in range(${LINES}):
    print("line", i)
    if i % 10 == 0: time.sleep(0.002)
`;
const ALL_LINES = Array.from({ length: LINES }, (_, index) => `line ${index}\n`).join('');

/** A kernel behind the proxy, with what its connection went through. */
function kernelBehindProxy(more: { heartbeatMs?: number; reconnectTimeoutMs?: number } = {}) {
  const kernel = remoteKernel({ url: `http://127.0.0.1:${proxy.port}/`, token: server.token, ...more });
  const states: ConnectionState['type'][] = [];
  kernel.connection$.subscribe({ next: ({ type }) => states.push(type), error: () => {} });
  return { kernel, states };
}

/** Resolves at the next state of this type. */
function becomes(kernel: RemoteKernel, type: ConnectionState['type']): Promise<void> {
  return new Promise((resolve) => {
    kernel.connection$.subscribe((state) => {
      if (state.type === type) resolve();
    });
  });
}

/** Cuts all connections ten times, each when the one before has been mended. */
async function cutTenTimes(kernel: RemoteKernel): Promise<void> {
  for (let time = 0; time < 10; time++) {
    await new Promise((resolve) => setTimeout(resolve, 150));
    proxy.cut();
    await becomes(kernel, 'reconnecting');
    await becomes(kernel, 'connected');
  }
}

describe('a connection that is cut ten times in one program', () => {
  test.each([
    ['streamed', (kernel: RemoteKernel) => runProgram(kernel, PRINTING)],
    ['serial', (kernel: RemoteKernel) => runSerially(kernel, PRINTING)],
  ])('loses no line of what it prints: %s', async (_name, run) => {
    const { kernel, states } = kernelBehindProxy();
    await using _kernel = kernel;
    await printed(kernel, 'x = 1\n');
    const [outcome] = await Promise.all([run(kernel), cutTenTimes(kernel)]);
    expect(textOf(outcome)).toBe(ALL_LINES);
    expect(outcome.error).toBeNull();
    expect(states.filter((type) => type === 'reconnecting')).toHaveLength(10);
  });

  test('runs each statement once, whatever is under way', async () => {
    const { kernel } = kernelBehindProxy();
    await using _kernel = kernel;
    await printed(kernel, 'count = 0\n');
    const statements = Array.from({ length: 400 }, () => 'count += 1; print(count)\n').join('');
    let left = 10;
    const outcome = await runProgram(kernel, statements, {
      feed: 'one by one',
      onEvent: (event) => {
        // In turn before a statement is sent, while it runs, and when its report is on its way.
        if (event.type === 'started' && event.chunk.id % 35 === 30 && left-- > 0)
          setTimeout(() => proxy.cut(), left % 4);
      },
    });
    expect(textOf(outcome)).toBe(Array.from({ length: 400 }, (_, index) => `${index + 1}\n`).join(''));
  });

  test('leaves out what the budget for output does not allow, and says so once', async () => {
    const { kernel, states } = kernelBehindProxy();
    await using _kernel = kernel;
    // What fits depends on how the text is cut into messages: here a line is one, whoever flushes it.
    const source = `import sys, time
sys.stdout.flush_interval = 60
for i in range(600):
    sys.stdout.write(f"line {i} {'x' * 1_000}\\n"); sys.stdout.flush()
    if i % 20 == 0: time.sleep(0.1)
`;
    const budget = { maxOutputBytes: 400_000 };
    const undisturbed = await runProgram(kernel, source, budget);
    const [outcome] = await Promise.all([runProgram(kernel, source, budget), cutTenTimes(kernel)]);
    expect(states.filter((type) => type === 'reconnecting')).toHaveLength(10);
    expect(outcome.outputs).toEqual(undisturbed.outputs);
    expect(textOf(outcome)).toMatch(/^line 0 x+\nline 1 x+\n/);
    expect(textOf(outcome).length).toBeLessThanOrEqual(400_000);
    expect(textOf(outcome, 'stderr').match(/\[eager: .*?\]/g)).toEqual([
      expect.stringContaining('exceeds 0.4 MB'),
      expect.stringMatching(/truncated: \d+\.\d MB of text left out/),
    ]);
  });

  test('keeps the answers to input()', async () => {
    const { kernel } = kernelBehindProxy();
    await using _kernel = kernel;
    const answers = ['one', 'two', 'three'];
    const outcome = await runProgram(kernel, 'for _ in range(3): print(input("?"))\n', {
      input: async () => {
        proxy.cut();
        await becomes(kernel, 'reconnecting');
        return answers.shift() ?? '';
      },
    });
    expect(textOf(outcome)).toBe('one\ntwo\nthree\n');
  });
});

describe('a server that cannot be reached for a while', () => {
  test('is found again, and the program has gone on', async () => {
    const { kernel, states } = kernelBehindProxy();
    await using _kernel = kernel;
    await printed(kernel, 'x = 1\n');
    const run = runProgram(kernel, 'import time\nfor i in range(30):\n    print(i); time.sleep(0.1)\n');
    await new Promise((resolve) => setTimeout(resolve, 300));
    await proxy.refuse();
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    await proxy.accept();
    expect(textOf(await run)).toBe(Array.from({ length: 30 }, (_, index) => `${index}\n`).join(''));
    expect(states).toEqual(['connected', 'reconnecting', 'connected']);
  });

  test('is given up after the time that was asked for', async () => {
    const { kernel } = kernelBehindProxy({ reconnectTimeoutMs: 500 });
    await printed(kernel, 'x = 1\n');
    await proxy.refuse();
    expect(await failureOf(kernel)).toMatch(
      /could not be restored within \d+ s\. The kernel may still run there\. The last attempt: Nothing listens/,
    );
    await proxy.accept();
    await kernel[Symbol.asyncDispose]();
  });

  test('that was restarted no longer has the kernel', async () => {
    await using other = await JupyterServer.start();
    await using kernel = remoteKernel(other.access);
    await printed(kernel, 'x = 1\n');
    await other.stop('SIGKILL');
    await other.start();
    expect(await failureOf(kernel)).toMatch(/^The server no longer has the kernel/);
  });
});

test('a connection that is open but dead is found by its heartbeat', async () => {
  const { kernel, states } = kernelBehindProxy({ heartbeatMs: 200 });
  await using _kernel = kernel;
  const outcome = await runProgram(kernel, 'print(1)\nprint(2)\nprint(3)\n', {
    feed: 'one by one',
    onEvent: (event) => {
      if (event.type === 'started' && event.chunk.line === 2) proxy.silence();
    },
  });
  expect(textOf(outcome)).toBe('1\n2\n3\n');
  expect(states).toEqual(['connected', 'reconnecting', 'connected']);
});

describe('on a connection that holds, but drops what carries a request, as the rate limit of a server does', () => {
  const lines = Array.from({ length: 12 }, (_, index) => `line ${index}`);
  // Nothing but the request flushes.
  const source = `import sys; sys.stdout.flush_interval = 60\n${lines.map((line) => `print("${line}")\n`).join('')}`;

  test.each<[which: string, isDropped: (request: { index: number; isRepeated: boolean }) => boolean]>([
    ['one', ({ index }) => index === 5],
    ['one, and the first time that it is repeated', ({ index }) => index === 5 || index === 6],
    ['each, but what repeats it', ({ isRepeated }) => !isRepeated],
    ['every second, repeated or not', ({ index }) => index % 2 === 0],
  ])('%s: a program loses nothing, and runs once', async (_which, isDropped) => {
    let index = 0;
    let dropped = 0;
    await using filter = dropping((message) => {
      if (!message.includes('"eager_request"')) return false;
      const isRepeated = message.includes('"eager_repeated": true');
      const isLost = isDropped({ index: index++, isRepeated });
      dropped += Number(isLost);
      return isLost;
    });
    const outcome = await runProgram(filter.kernel, source, { feed: 'one by one' });
    expect(dropped).toBeGreaterThan(0);
    expect(outcome.error).toBeNull();
    expect(textOf(outcome)).toBe(lines.map((line) => `${line}\n`).join(''));
    const ended = outcome.events.flatMap((event) => (event.type === 'finished' ? [event.chunk.id] : []));
    expect(ended).toEqual([0, ...lines.map((_, line) => line + 1)]);
  });

  /** A kernel whose messages on iopub come only if they are not dropped. */
  function dropping(isDropped: (message: Buffer) => boolean) {
    const open = vi.spyOn(LiveSocket, 'open').mockImplementation(async (...args) => {
      open.mockRestore();
      const socket = await LiveSocket.open(...args);
      let receive = socket.onMessage;
      Object.defineProperty(socket, 'onMessage', {
        get: () => (data: ArrayBuffer) => {
          const message = Buffer.from(data);
          if (channelOf(message) !== 'iopub' || !isDropped(message)) receive(data);
        },
        set: (handler: typeof receive) => {
          receive = handler;
        },
      });
      return socket;
    });
    const kernel = remoteKernel(server.access);
    return { kernel, [Symbol.asyncDispose]: () => kernel[Symbol.asyncDispose]() };
  }
});

/** The first part of a frame, after the places of all parts: https://jupyter-server.readthedocs.io/en/latest/developers/websocket-protocols.html */
function channelOf(frame: Buffer): string {
  const [from, to] = [8, 16].map((place) => Number(frame.readBigUInt64LE(place)));
  return frame.toString('utf8', from, to);
}
