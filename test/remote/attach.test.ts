import { type ConnectionState, KernelError, listKernels, remoteKernel } from '@eager/execution';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runProgram, textOf } from '../../packages/execution/src/program.fixture.js';
import { JupyterServer } from './jupyter-server.js';
import { failureOf, printed } from './runs.js';

let server: JupyterServer;
beforeAll(async () => {
  server = await JupyterServer.start();
});
afterAll(() => server?.[Symbol.asyncDispose]());

/** A kernel that somebody else has started. */
async function othersKernel(): Promise<string> {
  const { id } = await server.api<{ id: string }>('POST', 'kernels', { name: 'python3' });
  return id;
}

/** Resolves when the run has printed. */
function whenPrints(text: string) {
  let tell = () => {};
  const printed = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const onEvent = (event: { type: string; output?: unknown }) => {
    if (event.type === 'output' && JSON.stringify(event.output).includes(text)) tell();
  };
  return { printed, onEvent };
}

describe('a kernel that others have started', () => {
  test('is attached to by its id, keeps its variables, and stays when we leave', async () => {
    const kernelId = await othersKernel();
    {
      await using first = remoteKernel({ ...server.access, kernelId });
      expect(await printed(first, 'shared = 41\n')).toBe('');
    }
    {
      await using second = remoteKernel({ ...server.access, kernelId });
      expect(await printed(second, 'print(shared + 1)\n')).toBe('42\n');
      expect(await second.id).toBe(kernelId);
    }
    expect(await listKernels(server.access)).toContainEqual(expect.objectContaining({ id: kernelId }));
    await server.api('DELETE', `kernels/${kernelId}`);
  });

  test('is attached to by its notebook, or by the id of its session', async () => {
    const path = 'work/Über uns.ipynb';
    const session = await server.api<{ id: string; kernel: { id: string } }>('POST', 'sessions', {
      ...{ path, type: 'notebook', name: 'x' },
      kernel: { name: 'python3' },
    });
    for (const name of [path, `/${path}`, session.id]) {
      await using kernel = remoteKernel({ ...server.access, session: name });
      expect(await printed(kernel, 'print(1)\n')).toBe('1\n');
      expect(await kernel.id).toBe(session.kernel.id);
    }
    expect(await listKernels(server.access)).toContainEqual(
      expect.objectContaining({ id: session.kernel.id, notebook: path }),
    );
    await expect(failureOf(remoteKernel({ ...server.access, session: 'other.ipynb' }))).resolves.toContain(
      `Its sessions: ${path}.`,
    );
    await server.api('DELETE', `sessions/${session.id}`);
  });

  test("makes a program wait for another client's, says so, and keeps their outputs apart", async () => {
    const kernelId = await othersKernel();
    await using other = remoteKernel({ ...server.access, kernelId });
    const theirs = whenPrints('begun');
    const others = runProgram(other, 'print("begun")\nx = input("?")\nprint(x)\n', {
      onEvent: theirs.onEvent,
      input: () => answered,
    });
    let answer = (_text: string) => {};
    const answered = new Promise<string>((resolve) => {
      answer = resolve;
    });
    await theirs.printed;

    await using ours = remoteKernel({ ...server.access, kernelId });
    const states: ConnectionState[] = [];
    const waits = new Promise<void>((resolve) => {
      ours.connection$.subscribe((state) => {
        states.push(state);
        if (state.type === 'connected' && state.isBusyWithOthers) resolve();
      });
    });
    const run = runProgram(ours, 'print("ours")\n');
    await waits;
    answer('theirs');
    expect(textOf(await run)).toBe('ours\n');
    expect(textOf(await others)).toBe('begun\ntheirs\n');
    expect(states.at(-1)).toEqual({ type: 'connected', isBusyWithOthers: false });
    await server.api('DELETE', `kernels/${kernelId}`);
  });

  test('is not shut down, but its program is interrupted, when we leave in the middle of it', async () => {
    const kernelId = await othersKernel();
    const kernel = remoteKernel({ ...server.access, kernelId });
    const begun = whenPrints('begun');
    const run = runProgram(kernel, 'print("begun")\nimport time; time.sleep(600)\n', {
      onEvent: begun.onEvent,
    });
    const failed = expect(run).rejects.toThrow(/connection to the kernel was closed/);
    await begun.printed;
    await kernel[Symbol.asyncDispose]();
    await failed;
    await using again = remoteKernel({ ...server.access, kernelId });
    expect(await printed(again, 'print("free")\n')).toBe('free\n');
    await server.api('DELETE', `kernels/${kernelId}`);
  });
});

describe('a program whose kernel goes away says that its state is lost', () => {
  const cases: readonly [string, (id: string) => Promise<unknown>, RegExp][] = [
    [
      'restarted by somebody else',
      (id) => server.api('POST', `kernels/${id}/restart`),
      /^Somebody else restarted the kernel: all variables of the program are lost/,
    ],
    [
      'shut down by somebody else',
      (id) => server.api('DELETE', `kernels/${id}`),
      /no longer has the kernel: somebody has shut it down, or the server was restarted/,
    ],
  ];
  test.each(cases)('%s, while it runs', async (_name, act, message) => {
    await using kernel = remoteKernel({ ...server.access, heartbeatMs: 500 });
    const begun = whenPrints('begun');
    const run = runProgram(kernel, 'print("begun")\nimport time; time.sleep(600)\n', {
      onEvent: begun.onEvent,
    });
    const failed = expect(run).rejects.toThrow(message);
    await begun.printed;
    await act(await kernel.id);
    await failed;
    expect(await failureOf(kernel)).toMatch(message);
  });

  test.each(cases)('%s, while it waits', async (_name, act, message) => {
    await using kernel = remoteKernel({ ...server.access, heartbeatMs: 500 });
    const begun = whenPrints('begun');
    const run = runProgram(kernel, 'print("begun")\n', { feed: 'unended', onEvent: begun.onEvent });
    const failed = expect(run).rejects.toThrow(message);
    await begun.printed;
    await act(await kernel.id);
    await failed;
  });

  test.each([
    ['kill -9', 'import os, signal; os.kill(os.getpid(), signal.SIGKILL)\n'],
    ['os._exit', 'import os; os._exit(1)\n'],
  ])('killed by %s, and restarted by the server', async (_name, program) => {
    await using kernel = remoteKernel(server.access);
    const run = runProgram(kernel, `print("begun")\n${program}`, { feed: 'one by one' });
    await expect(run).rejects.toThrow(/^The kernel died and the server restarted it: all variables/);
    await expect(run).rejects.toBeInstanceOf(KernelError);
    expect(await failureOf(kernel)).toMatch(/^The kernel died and the server restarted it/);
  });
});
