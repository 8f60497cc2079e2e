import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type ConnectionState, type Notice, remoteKernel } from '@eager/execution';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TcpProxy } from '../../packages/bench/src/tcp-proxy.js';
import { runProgram, textOf } from '../../packages/execution/src/program.fixture.js';
import { nothing, Playground } from '../cli/eager.js';
import { processesOf } from '../processes.js';
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

  /** What the kernel does for a command that is killed, and what another client prints on it afterwards. */
  const KILLED: readonly (readonly [when: string, program: string, other: string, prints: string])[] = [
    ['it waits for the next statement', '', 'print(x)\n', '1\n'],
    ['it runs one', 'import time; time.sleep(1); x = 2\nprint("never")\n', 'print(x)\n', '2\n'],
    [
      'it holds one back until the program is complete',
      'import os\nos.rename("a-file", "another")\n',
      'import os; print(x, os.path.exists("another"))\n',
      '1 False\n',
    ],
  ];
  test.skipIf(process.platform !== 'linux').each(KILLED)(
    'when kill -9 has ended us while %s',
    async (_when, program, source, prints) => {
      const kernelId = await othersKernel();
      const playground = new Playground();
      const us = playground.start(['run', '-', '--server', server.url, '--kernel', kernelId], {
        env: { EAGER_TOKEN: server.token },
        input: 'open',
      });
      us.write(`${impatient(3)}x = 1\nprint("begun", flush=True)\n${program}`);
      await us.stdoutHolds('begun');
      const folder = dirname(playground.directory);
      expect(processesOf(folder)).toHaveLength(1);
      us.kill('SIGKILL');
      await us.finished;
      expect(processesOf(folder)).toEqual([]);
      expect(playground.leftovers()).toEqual(nothing);

      await using other = remoteKernel({ ...server.access, kernelId });
      const outcome = await runProgram(other, source, { feed: 'one by one' });
      expect(outcome.error).toBeNull();
      expect(textOf(outcome)).toBe(prints);
      expect(textOf(outcome, 'stderr')).toBe('');
      await server.api('DELETE', `kernels/${kernelId}`);
    },
  );

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

/** Python that makes the kernel wait for a silent client for so long; the command's own patience is minutes. */
function impatient(seconds: number): string {
  return `import sys
for name, module in list(sys.modules.items()):
    if name.startswith("eager_driver_") and name.endswith(".journal"):
        for journal in module._journals.values(): journal.patience_s = ${seconds}
`;
}

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
