import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KernelMessage } from '@jupyterlab/services';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { python } from '../../../../test/python.js';
import { KernelError } from '../kernel.js';
import { type EmbeddedKernel, type EmbeddedKernelOptions, startEmbeddedKernel } from './index.js';

/** A directory for the kernels' own, so that a test sees what is left of them. */
let temporary: string;

beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), 'e-'));
  vi.stubEnv('TMPDIR', temporary);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(temporary, { recursive: true });
});

interface Run {
  readonly status: string;
  readonly text: string;
  readonly error: string;
}

/** Executes code and gathers what it prints. */
async function run(kernel: EmbeddedKernel, code: string, answers: readonly string[] = []): Promise<Run> {
  const pending = [...answers];
  let text = '';
  const future = kernel.connection.requestExecute({ code });
  future.onIOPub = (message) => {
    if (message.header.msg_type === 'stream') text += (message as KernelMessage.IStreamMsg).content.text;
  };
  future.onStdin = (message) => {
    const value = pending.shift() ?? '';
    kernel.connection.sendInputReply(
      { status: 'ok', value },
      (message as KernelMessage.IInputRequestMsg).header,
    );
  };
  const { content } = (await future.done) as KernelMessage.IExecuteReplyMsg;
  return { status: content.status, text, error: content.status === 'error' ? content.ename : '' };
}

/** Resolves when the running program has printed. */
async function printed(
  kernel: EmbeddedKernel,
  code: string,
): Promise<{ text: string; done: Promise<unknown> }> {
  const future = kernel.connection.requestExecute({ code });
  const text = await new Promise<string>((resolve) => {
    future.onIOPub = (message) => {
      if (message.header.msg_type === 'stream') resolve((message as KernelMessage.IStreamMsg).content.text);
    };
  });
  return { text, done: future.done };
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

async function failure(options: EmbeddedKernelOptions): Promise<string> {
  const error = await startEmbeddedKernel(options).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(KernelError);
  expect(readdirSync(temporary)).toEqual([]);
  return (error as KernelError).message;
}

describe('an embedded kernel', () => {
  let kernel: EmbeddedKernel;

  beforeAll(async () => {
    kernel = await startEmbeddedKernel({ python, env: { EAGER_TEST: 'set' } });
  });
  afterAll(() => kernel[Symbol.asyncDispose]());

  it('runs code and keeps its state from one request to the next', async () => {
    expect(await run(kernel, 'print(In, [name for name in dir() if name[:1] != "_"])')).toMatchObject({
      text: "['', 'print(In, [name for name in dir() if name[:1] != \"_\"])'] ['In', 'Out', 'exit', 'get_ipython', 'open', 'quit']\n",
    });
    expect(await run(kernel, 'x = 20')).toEqual({ status: 'ok', text: '', error: '' });
    expect(await run(kernel, 'print(x + 22)')).toEqual({ status: 'ok', text: '42\n', error: '' });
    expect(await run(kernel, '1 / 0')).toMatchObject({ status: 'error', error: 'ZeroDivisionError' });
  });

  it('adds to the environment and keeps the rest', async () => {
    expect(
      await run(kernel, 'import os; print(os.environ["EAGER_TEST"], "PATH" in os.environ)'),
    ).toMatchObject({
      text: 'set True\n',
    });
  });

  it('answers input()', async () => {
    expect(await run(kernel, 'print(input("a? ") + input("b? "))', ['1', 'é'])).toMatchObject({
      text: '1é\n',
    });
  });

  it('carries an output of 5 MB whole', async () => {
    const { text } = await run(kernel, 'print("0123456789" * 500_000)');
    expect(text.length).toBe(5_000_001);
    expect(text.slice(-11)).toBe('0123456789\n');
  });

  it('loses nothing that is published while this process is busy', async () => {
    const count = 3000;
    let shown = 0;
    const future = kernel.connection.requestExecute({
      code: `print("on", flush=True)\nfor i in range(${count}): display({"text/plain": "x" * 100}, raw=True)`,
    });
    const started = new Promise<void>((resolve) => {
      future.onIOPub = (message) => {
        if (message.header.msg_type === 'stream') resolve();
        if (message.header.msg_type === 'display_data') shown += 1;
      };
    });
    await started;
    // Blocks the event loop for as long as the kernel takes to publish far more than sockets hold.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000);
    await future.done;
    expect(shown).toBe(count);
  });

  it('carries binary buffers both ways over a comm', async () => {
    const define = [
      'def opened(comm, message):',
      '    comm.on_msg(lambda m: comm.send({"n": len(m["buffers"])}, buffers=[bytes(b)[::-1] for b in m["buffers"]]))',
      'get_ipython().kernel.comm_manager.register_target("mirror", opened)',
    ];
    expect(await run(kernel, define.join('\n'))).toMatchObject({ status: 'ok' });
    const comm = kernel.connection.createComm('mirror');
    const answered = new Promise<KernelMessage.ICommMsgMsg>((resolve) => {
      comm.onMsg = resolve;
    });
    await comm.open().done;
    await comm.send({}, undefined, [Uint8Array.of(1, 2, 3), Uint8Array.of(0, 255).buffer]).done;
    const { content, buffers } = await answered;
    expect(content.data).toEqual({ n: 2 });
    expect((buffers as DataView[]).map((view) => [...new Uint8Array(view.buffer)])).toEqual([
      [3, 2, 1],
      [255, 0],
    ]);
    await comm.close().done;
  });

  it.each([
    { name: 'a sleep', code: 'import time; print("on", flush=True); time.sleep(60)' },
    { name: 'a child process', code: 'import subprocess; subprocess.run(["sh", "-c", "echo on; sleep 60"])' },
    { name: 'a shell escape', code: '!echo on; sleep 60\nraise KeyboardInterrupt' },
  ])('interrupts $name', async ({ code }) => {
    const { done } = await printed(kernel, code);
    await kernel.connection.interrupt();
    expect(await done).toMatchObject({ content: { status: 'error', ename: 'KeyboardInterrupt' } });
    expect(await run(kernel, 'print("still here")')).toMatchObject({ text: 'still here\n' });
  });
});

describe('the life of an embedded kernel', () => {
  it('leaves neither process nor file when it is disposed of, even while busy and with children', async () => {
    const kernel = await startEmbeddedKernel({ python });
    const [directory] = readdirSync(temporary).map((name) => join(temporary, name));
    expect(directory && statSync(directory).mode & 0o777).toBe(0o700);
    expect(directory && statSync(join(directory, 'connection.json')).mode & 0o777).toBe(0o600);
    const code =
      'import subprocess; p = subprocess.Popen(["sleep", "60"]); print(p.pid, flush=True)\nwhile True: pass';
    const { text, done } = await printed(kernel, code);
    done.catch(() => {});
    await kernel[Symbol.asyncDispose]();
    await kernel[Symbol.asyncDispose]();
    expect(kernel.connection.status).toBe('dead');
    expect(isAlive(kernel.pid)).toBe(false);
    await gone(Number(text));
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('ends when the client shuts it down', async () => {
    const kernel = await startEmbeddedKernel({ python });
    await kernel.connection.shutdown();
    // ipykernel 7.4 ends by itself, or hangs when it is nearly gone and is killed; either way nothing is left of it.
    expect([0, null]).toContain((await kernel.exited).code);
    expect(isAlive(kernel.pid)).toBe(false);
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('says that it cannot restart', async () => {
    await using kernel = await startEmbeddedKernel({ python });
    const debug = vi.spyOn(console, 'debug').mockImplementation(() => {});
    await expect(kernel.connection.restart()).rejects.toThrow(/does not support a restart. Start a new/);
    debug.mockRestore();
  });

  it('is dead when its process is killed: the running request rejects and the end is described', async () => {
    await using kernel = await startEmbeddedKernel({ python });
    const statuses: string[] = [];
    kernel.connection.statusChanged.connect((_, status) => statuses.push(status));
    const { done } = await printed(kernel, 'import time; print(1, flush=True); time.sleep(60)');
    process.kill(kernel.pid, 'SIGKILL');
    await expect(done).rejects.toThrow(/Canceled future for execute_request/);
    expect(statuses.at(-1)).toBe('dead');
    expect(await kernel.exited).toMatchObject({ code: null, signal: 'SIGKILL' });
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('delivers what was printed before the process ended itself', async () => {
    await using kernel = await startEmbeddedKernel({ python });
    // The pause lets ipykernel's own thread send what was printed; exiting at once would lose it inside the kernel.
    const code = 'import os, time; print("last words", flush=True); time.sleep(0.2); os._exit(3)';
    const future = kernel.connection.requestExecute({ code });
    let text = '';
    future.onIOPub = (message) => {
      if (message.header.msg_type === 'stream') text += (message as KernelMessage.IStreamMsg).content.text;
    };
    await expect(future.done).rejects.toThrow(/Canceled/);
    expect(text).toContain('last words\n');
    expect(await kernel.exited).toMatchObject({ code: 3, signal: null });
  });

  it('is dead when a channel is lost, because its client would wait for ever', async () => {
    await using kernel = await startEmbeddedKernel({ python });
    const code =
      'thread = get_ipython().kernel.iopub_thread; thread.schedule(lambda: thread.socket.close(0))';
    await expect(kernel.connection.requestExecute({ code }).done).rejects.toThrow(/Canceled/);
    expect(await kernel.exited).toMatchObject({ signal: 'SIGKILL' });
  });

  it('ends at once by killNow', async () => {
    const kernel = await startEmbeddedKernel({ python });
    kernel.killNow();
    expect(readdirSync(temporary)).toEqual([]);
    expect(await kernel.exited).toMatchObject({ signal: 'SIGKILL' });
  });

  it('runs beside another, each with a state and directory of its own', async () => {
    await using a = await startEmbeddedKernel({ python });
    await using b = await startEmbeddedKernel({ python, cwd: temporary });
    await Promise.all([run(a, 'x = 1'), run(b, 'x = 2')]);
    expect(await Promise.all([run(a, 'print(x)'), run(b, 'print(x)')])).toMatchObject([
      { text: '1\n' },
      { text: '2\n' },
    ]);
    expect((await run(b, 'import os; print(os.getcwd())')).text.trim()).toMatch(new RegExp(`${temporary}$`));
  });

  it('does not write to the console', async () => {
    const lines = (['debug', 'log', 'warn', 'error', 'info'] as const).map((name) => vi.spyOn(console, name));
    const kernel = await startEmbeddedKernel({ python });
    await run(kernel, '1');
    await kernel[Symbol.asyncDispose]();
    for (const line of lines) {
      expect(line).not.toHaveBeenCalled();
      line.mockRestore();
    }
  });
});

describe('startEmbeddedKernel', () => {
  /** An executable that is not quite Python. */
  const script = (body: string): string => {
    const directory = mkdtempSync(join(tmpdir(), 'p-'));
    const path = join(directory, 'python');
    writeFileSync(path, `#!/bin/sh\n${body}\n`);
    chmodSync(path, 0o755);
    return path;
  };
  const outside = (body: string): string => {
    vi.stubEnv('TMPDIR', '/tmp');
    const path = script(body);
    vi.stubEnv('TMPDIR', temporary);
    scripts.push(path);
    return path;
  };
  const scripts: string[] = [];
  afterAll(() => {
    for (const path of scripts) rmSync(join(path, '..'), { recursive: true });
  });

  it('names an interpreter that does not exist', async () => {
    expect(await failure({ python: '/no/such/python' })).toMatch(
      /^Cannot start Python as "\/no\/such\/python": no such program exists\. Install Python 3\.10 or newer/,
    );
  });

  it('names a directory that does not exist', async () => {
    expect(await failure({ python, cwd: '/no/such/place' })).toMatch(
      /the directory \/no\/such\/place does not exist/,
    );
  });

  it('says how to install ipykernel when Python has none', async () => {
    const bare = outside(`exec ${await executable()} -I -S "$@"`);
    expect(await failure({ python: bare })).toBe(
      `Python ("${bare}") has no ipykernel. Install it with: ${bare} -m pip install "ipykernel>=6.29"`,
    );
  });

  it('shows what a process printed that ended at start-up', async () => {
    const message = await failure({ python: outside('echo to stdout; echo to stderr >&2; exit 7') });
    expect(message).toMatch(/ended with code 7 before it could run anything/);
    expect(message).toMatch(/to stdout/);
    expect(message).toMatch(/to stderr/);
  });

  it('says by which signal a process ended', async () => {
    expect(await failure({ python: outside('kill -SEGV $$') })).toMatch(
      /ended by SIGSEGV .* It printed nothing\./,
    );
  });

  it('ends a process that does not answer in time, with its children', async () => {
    const silent = outside('sleep 60 & echo child $!; wait');
    const message = await failure({ python: silent, startTimeoutMs: 500 });
    expect(message).toMatch(/did not answer within 500 ms and was ended.* It printed:\nchild \d+$/s);
    await gone(Number(message.split(' ').at(-1)));
  });
});

/** The path of the interpreter behind `python`. */
async function executable(): Promise<string> {
  const child = spawn(python, ['-c', 'import sys; print(sys.executable)']);
  const [path] = (await once(child.stdout, 'data')) as [Buffer];
  return path.toString().trim();
}

/** Waits for the end of a process that nobody here is the parent of. */
async function gone(pid: number): Promise<void> {
  await vi.waitFor(() => expect(isAlive(pid)).toBe(false), 5000);
}
