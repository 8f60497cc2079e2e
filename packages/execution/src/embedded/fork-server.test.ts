import { chmodSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { python, pythons } from '../../../../test/python.js';
import { embeddedKernel } from '../embedded-kernel.js';
import { type Kernel, KernelError } from '../kernel.js';
import { runProgram, textOf } from '../program.fixture.js';
import { ForkServer } from './index.js';

let folder: string;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'f-')));
  vi.stubEnv('TMPDIR', folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

async function print(kernel: Kernel, expression: string): Promise<string> {
  return textOf(await runProgram(kernel, `import os, random, sys\nprint(${expression})`)).trim();
}

describe.each(pythons)('a fork server of %s', (python) => {
  let forkServer: ForkServer;
  beforeAll(() => {
    forkServer = new ForkServer({ python, preload: ['json', 'xml.dom.minidom'], env: { SERVER: 'set' } });
  });
  afterAll(() => forkServer[Symbol.asyncDispose]());
  const fork = (options = {}) => embeddedKernel({ python, forkServer, ...options });

  it('makes kernels that have imported what they need, each with a process and state of its own', async () => {
    await using first = fork();
    await using second = fork();
    for (const kernel of [first, second]) {
      expect(await print(kernel, '"xml.dom.minidom" in sys.modules, "x" in dir()')).toBe('True False');
      await runProgram(kernel, 'x = 1');
    }
    expect(await print(first, 'os.getpid()')).not.toBe(await print(second, 'os.getpid()'));
  });

  it('makes kernels with the folder and environment that each is given', async () => {
    await using kernel = fork({ cwd: folder, env: { KERNEL: 'set' } });
    expect(await print(kernel, 'os.getcwd(), os.environ["SERVER"], os.environ["KERNEL"]')).toBe(
      `${folder} set set`,
    );
    await using other = fork();
    expect(await print(other, 'os.environ.get("KERNEL"), os.getcwd()')).toBe(`None ${process.cwd()}`);
  });

  it('makes kernels that draw different random numbers', async () => {
    await using first = fork();
    await using second = fork();
    expect(await print(first, 'random.random()')).not.toBe(await print(second, 'random.random()'));
  });

  it('gives kernels nothing to read', async () => {
    await using kernel = fork();
    expect(await print(kernel, 'os.read(0, 1)')).toBe("b''");
  });

  it('makes kernels that can be interrupted, with the processes that they have started', async () => {
    await using kernel = fork();
    const controller = new AbortController();
    const program = 'import subprocess\nsubprocess.run(["sh", "-c", "echo on; sleep 60"])';
    const { error } = await runProgram(kernel, program, {
      signal: controller.signal,
      onEvent: ({ type }) => type === 'output' && controller.abort(),
    });
    expect(error?.ename).toBe('KeyboardInterrupt');
    expect(await print(kernel, '"still here"')).toBe('still here');
  });

  it.each([
    { end: 'os._exit(3)', says: /ended with exit code 3/ },
    { end: 'os.kill(os.getpid(), 9)', says: /killed by SIGKILL/ },
    { end: 'os.abort()', says: /killed by SIGABRT/ },
  ])('says how a kernel ended: $end', async ({ end, says }) => {
    await using kernel = fork();
    await expect(runProgram(kernel, `import os\n${end}`)).rejects.toThrow(says);
    expect(readdirSync(folder)).toEqual([]);
    await using next = fork();
    expect(await print(next, '"next"')).toBe('next');
  });

  it('takes its kernels with it', async () => {
    const server = new ForkServer({ python });
    await using kernel = embeddedKernel({ python, forkServer: server });
    const pid = Number(await print(kernel, 'os.getpid()'));
    await server[Symbol.asyncDispose]();
    await expect(runProgram(kernel, '1')).rejects.toThrow(KernelError);
    await gone(pid);
    await using late = embeddedKernel({ python, forkServer: server });
    await expect(runProgram(late, '1')).rejects.toThrow(/fork server ended.*Make a new one/s);
  });

  it('takes its kernels with it when it is killed', async () => {
    const server = new ForkServer({ python });
    await using kernel = embeddedKernel({ python, forkServer: server });
    const pids = await print(kernel, 'os.getpid(), os.getppid()');
    const [pid, parent] = pids.split(' ').map(Number);
    process.kill(parent ?? 0, 'SIGKILL');
    await expect(runProgram(kernel, 'import time; time.sleep(60)')).rejects.toThrow(/killed by SIGKILL/);
    await gone(pid);
    await server[Symbol.asyncDispose]();
  });
});

describe('a fork server', () => {
  it.each([
    {
      name: 'does not exist',
      code: undefined,
      says: /cannot import what it is to preload: ModuleNotFoundError: No module named 'preloaded'. Check the names/,
    },
    { name: 'fails', code: '1 / 0', says: /preload: ZeroDivisionError: division by zero/ },
    { name: 'exits', code: 'raise SystemExit("no")', says: /preload: SystemExit: no/ },
    {
      name: 'starts a thread',
      code: 'import threading; threading.Thread(target=threading.Event().wait, daemon=True).start()',
      says: /module preloaded starts a thread, which a forked kernel would lack/,
    },
  ])('says so when a module $name', async ({ code, says }) => {
    if (code !== undefined) writeFileSync(join(folder, 'preloaded.py'), code);
    await using server = new ForkServer({ python, preload: ['preloaded'], env: { PYTHONPATH: folder } });
    await using kernel = embeddedKernel({ python, forkServer: server });
    await expect(runProgram(kernel, '1')).rejects.toThrow(says);
  });

  it('is not confused by modules that read and print', async () => {
    writeFileSync(join(folder, 'preloaded.py'), 'import sys\nprint("hello")\nsys.stdin.read()');
    await using server = new ForkServer({ python, preload: ['preloaded'], env: { PYTHONPATH: folder } });
    await using kernel = embeddedKernel({ python, forkServer: server });
    expect(await print(kernel, '"on"')).toBe('on');
  });
});

it('a fork server names an interpreter that does not exist, and how to install ipykernel', async () => {
  for (const [path, says] of [
    ['/no/such/python', /Cannot start Python as "\/no\/such\/python": no such program exists/],
    [withoutIpykernel(), /has no ipykernel. Install it with/],
  ] as const) {
    await using forkServer = new ForkServer({ python: path });
    await using kernel = embeddedKernel({ python: path, forkServer });
    await expect(runProgram(kernel, '1')).rejects.toThrow(says);
  }
});

/** Waits for the end of a process that nobody here is the parent of. */
async function gone(pid: number | undefined): Promise<void> {
  await vi.waitFor(() => expect(() => process.kill(pid ?? 0, 0)).toThrow(/ESRCH/), 5000);
}

/** An executable that is Python without any package. */
function withoutIpykernel(): string {
  const path = join(folder, 'python');
  writeFileSync(path, `#!/bin/sh\nexec ${python} -I -S "$@"\n`);
  chmodSync(path, 0o755);
  return path;
}
