import { setTimeout as delay } from 'node:timers/promises';
import { type ConnectionState, type Notice, remoteKernel } from '@eager/execution';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TcpProxy } from '../../packages/bench/src/tcp-proxy.js';
import { runProgram, textOf } from '../../packages/execution/src/program.fixture.js';
import { demandingProxy } from './demanding-proxy.js';
import { JupyterServer } from './jupyter-server.js';
import { failureOf, printed } from './runs.js';

/** EAGER_FAULTS=full lets outages last as long as real ones. */
const isFull = process.env.EAGER_FAULTS === 'full';

let server: JupyterServer;
beforeAll(async () => {
  server = await JupyterServer.start();
});
afterAll(() => server?.[Symbol.asyncDispose]());

async function othersKernel(): Promise<string> {
  const { id } = await server.api<{ id: string }>('POST', 'kernels', { name: 'python3' });
  return id;
}

test('a server that lets us in no more ends the run, and what has come is kept', async () => {
  const header = { name: 'X-Pass', value: 'valid' };
  await using proxy = await demandingProxy(server.port, header);
  await using kernel = remoteKernel({
    ...{ url: proxy.url, token: server.token },
    headers: { [header.name]: header.value },
  });
  let text = '';
  const run = runProgram(kernel, 'print("begun")\n', {
    feed: 'unended',
    onEvent: (event) => {
      if (event.type === 'output') text += textOf({ outputs: [event.output] });
      if (event.type === 'finished') proxy.revoke();
    },
  });
  await expect(run).rejects.toThrow(
    /was lost, and the server does not let us in again\. The kernel may still run there\. .* refused the token \(403\)/,
  );
  expect(text).toBe('begun\n');
});

describe('a kernel of others does not wait for us', () => {
  test('when we leave before our program has begun', async () => {
    const kernelId = await othersKernel();
    await using other = remoteKernel({ ...server.access, kernelId });
    const ours = remoteKernel({ ...server.access, kernelId });
    // Afterwards only programs are sent, which then wait in the kernel's queue.
    for (const kernel of [other, ours]) await printed(kernel, 'x = 1\n');
    let answer = (_text: string) => {};
    const theirs = runProgram(other, 'print(input("?"))\n', {
      input: () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    });
    await until((state) => state.type === 'connected' && state.isBusyWithOthers, ours.connection$);
    const left = expect(runProgram(ours, 'print("never")\n', { feed: 'unended' })).rejects.toThrow(/closed/);
    await delay(200);
    await ours[Symbol.asyncDispose]();
    await left;
    answer('theirs');
    expect(textOf(await theirs)).toBe('theirs\n');
    expect(await printed(other, 'print("free")\n')).toBe('free\n');
    await server.api('DELETE', `kernels/${kernelId}`);
  });

  test('when nothing comes from us any more', async () => {
    await using proxy = await TcpProxy.start(server.port);
    const kernelId = await othersKernel();
    const access = { url: `http://127.0.0.1:${proxy.port}/`, token: server.token, kernelId };
    const ours = remoteKernel({ ...access, heartbeatMs: 200, reconnectTimeoutMs: 500 });
    const run = runProgram(ours, 'print("begun")\n', {
      feed: 'unended',
      onEvent: ({ type }) => {
        if (type === 'finished') void proxy.refuse();
      },
    });
    await expect(run).rejects.toThrow(/could not be restored/);
    await using other = remoteKernel({ ...server.access, kernelId });
    expect(await printed(other, 'print("free")\n')).toBe('free\n');
    await server.api('DELETE', `kernels/${kernelId}`);
  });

  test('but it does as long as we say that we are there', async () => {
    await using kernel = remoteKernel({ ...server.access, heartbeatMs: 200, reconnectTimeoutMs: 500 });
    const outcome = await runProgram(kernel, 'print(input("?"))\n', {
      input: () => delay(4_000, 'late'),
    });
    expect(textOf(outcome)).toBe('late\n');
  });
});

test('a program that hangs in C on a server is interrupted, again, and then its kernel is killed', async () => {
  await using kernel = remoteKernel(server.access);
  const notices: Notice['type'][] = [];
  kernel.notices$.subscribe(({ type }) => notices.push(type));
  const stop = new AbortController();
  const run = runProgram(kernel, 'print("begun", flush=True)\nsum(range(10**13))\n', {
    signal: stop.signal,
    patienceMs: 3_000,
    // The sum has begun by then: code in C cannot say so itself.
    onEvent: ({ type }) => type === 'output' && setTimeout(() => stop.abort(), 1_000),
  });
  await expect(run).rejects.toThrow(/did not end within 3 s of being interrupted, so its kernel was killed/);
  expect(notices).toEqual(['interrupting', 'interrupting', 'killed']);
  expect(await failureOf(kernel)).toMatch(/killed/);
}, 60_000);

describe.runIf(isFull)('as long as in life', () => {
  test('a server that cannot be reached for 30 s', async () => {
    await using proxy = await TcpProxy.start(server.port);
    await using kernel = remoteKernel({ url: `http://127.0.0.1:${proxy.port}/`, token: server.token });
    await printed(kernel, 'import time\n');
    const run = runProgram(kernel, 'for i in range(35):\n    print(i); time.sleep(1)\n');
    await delay(1_000);
    await proxy.refuse();
    await delay(30_000);
    await proxy.accept();
    expect(textOf(await run)).toBe(Array.from({ length: 35 }, (_, index) => `${index}\n`).join(''));
  }, 120_000);

  test('a connection that is half-open for two minutes', async () => {
    await using proxy = await TcpProxy.start(server.port);
    await using kernel = remoteKernel({ url: `http://127.0.0.1:${proxy.port}/`, token: server.token });
    await printed(kernel, 'import time\n');
    const states: string[] = [];
    kernel.connection$.subscribe(({ type }) => states.push(type));
    const run = runProgram(kernel, 'for i in range(125):\n    print(i); time.sleep(1)\n');
    await delay(1_000);
    // Each new connection, too, until the two minutes are over.
    const silencing = setInterval(() => proxy.silence(), 100);
    await delay(120_000);
    clearInterval(silencing);
    expect(textOf(await run)).toBe(Array.from({ length: 125 }, (_, index) => `${index}\n`).join(''));
    expect(states).toContain('reconnecting');
  }, 240_000);
});

function until(
  isTrue: (state: ConnectionState) => boolean,
  state$: ReturnType<typeof remoteKernel>['connection$'],
) {
  return new Promise<void>((resolve) => {
    state$.subscribe((state) => {
      if (isTrue(state)) resolve();
    });
  });
}
