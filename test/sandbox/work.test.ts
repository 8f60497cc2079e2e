import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { embeddedKernel, type Kernel, KernelError } from '../../packages/execution/src/index.js';
import { runProgram, textOf } from '../../packages/execution/src/program.fixture.js';
import { python, pythons } from '../python.js';
import { whyNoSandbox } from './bubblewrap.js';

const noSandbox = whyNoSandbox() !== undefined;

/** Programs that work as they do outside, each with what it prints. */
const ORDINARY = [
  {
    name: 'reads the working folder',
    program: 'import pandas as pd\nprint(pd.read_csv("data.csv").sum().to_dict())',
    prints: "{'x': 4, 'y': 6}",
  },
  {
    name: 'computes with numpy',
    program: 'import numpy as np\nprint(round(np.linalg.inv(np.eye(300) * 2).sum()))',
    prints: '150',
  },
  {
    name: 'starts processes',
    program:
      'import subprocess\nprint(subprocess.run(["echo", "hi"], capture_output=True, text=True).stdout)',
    prints: 'hi',
  },
  { name: 'runs shell commands', program: '!echo $((6 * 7))', prints: '42' },
  {
    name: 'writes temporary files',
    program: 'import tempfile\nwith tempfile.TemporaryFile() as f:\n    print(f.write(b"abc"))',
    prints: '3',
  },
  {
    name: 'writes to its home folder',
    program: 'import pathlib\nprint(pathlib.Path("~/x").expanduser().write_text("abc"))',
    prints: '3',
  },
  {
    name: 'computes in several processes',
    program:
      'import multiprocessing\nwith multiprocessing.Pool(2) as pool:\n    print(pool.map(abs, [-1, -2]))',
    prints: '[1, 2]',
  },
  {
    name: 'computes in several threads',
    program:
      'from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(8) as pool:\n    print(sum(pool.map(abs, range(-9, 0))))',
    prints: '45',
  },
  {
    name: 'talks to itself over the loopback',
    program:
      'import socket\nwith socket.create_server(("127.0.0.1", 0)) as s:\n    print(bool(socket.create_connection(s.getsockname())))',
    prints: 'True',
  },
  { name: 'knows its user', program: 'import getpass\nprint(bool(getpass.getuser()))', prints: 'True' },
  { name: 'knows the time zone', program: 'import time\nprint(time.tzname[0])', prints: 'JST' },
] as const;

describe.skipIf(noSandbox).each(pythons)('a sandbox with %s', (interpreter) => {
  let folder: string;
  let kernel: Kernel;

  beforeAll(() => {
    folder = workingFolder();
    kernel = embeddedKernel({ python: interpreter, cwd: folder, sandbox: {}, env: { TZ: 'Asia/Tokyo' } });
  });
  afterAll(async () => {
    await kernel[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  // The oldest ipykernel comes without data packages.
  const programs = ORDINARY.filter(({ program }) => interpreter === python || !/pandas|numpy/.test(program));
  it.each(programs)('$name', async ({ program, prints }) => {
    const outcome = await runProgram(kernel, program);
    expect(outcome.error).toBeNull();
    expect(textOf(outcome).trim()).toBe(prints);
  });

  it.each([
    { name: 'a loop', program: 'print("on", flush=True)\nwhile True: pass' },
    { name: 'a process', program: 'import subprocess\nsubprocess.run(["sh", "-c", "echo on; sleep 60"])' },
  ])('interrupts $name', async ({ program }) => {
    const controller = new AbortController();
    const { error } = await runProgram(kernel, program, {
      signal: controller.signal,
      onEvent: ({ type }) => type === 'output' && controller.abort(),
    });
    expect(error?.ename).toBe('KeyboardInterrupt');
    expect(textOf(await runProgram(kernel, 'print("still here")'))).toBe('still here\n');
  });
});

describe.skipIf(noSandbox)('a sandbox', () => {
  let folder: string;
  beforeEach(() => {
    folder = workingFolder();
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });

  it('draws figures', async () => {
    await using kernel = embeddedKernel({ python, cwd: folder, sandbox: {} });
    const { outputs } = await runProgram(
      kernel,
      'import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()',
    );
    const figure = outputs.find(({ output_type }) => output_type === 'display_data');
    expect(figure).toHaveProperty(['data', 'image/png']);
  });

  it('lets a program write to the working folder when asked to, but not to a Python in it', async () => {
    const inside = join(folder, 'python');
    symlinkSync(python, inside);
    await using kernel = embeddedKernel({ python, cwd: folder, sandbox: { writable: true } });
    const program = 'open("result.txt", "w").write("done")\nimport ipykernel\nopen(ipykernel.__file__, "a")';
    const { error } = await runProgram(kernel, program);
    expect(error).toMatchObject({ ename: 'OSError', evalue: expect.stringMatching(/Read-only/) });
    expect(readFileSync(join(folder, 'result.txt'), 'utf8')).toBe('done');
  });

  it('raises MemoryError beyond its memory, and goes on', async () => {
    await using kernel = embeddedKernel({ python, cwd: folder, sandbox: { memoryBytes: 2 ** 30 } });
    expect((await runProgram(kernel, 'bytearray(2 ** 30)')).error?.ename).toBe('MemoryError');
    expect(textOf(await runProgram(kernel, 'print(len(bytearray(2 ** 20)))'))).toBe('1048576\n');
  });

  it('ends when its CPU time is used up, and says so', async () => {
    await using kernel = embeddedKernel({ python, cwd: folder, sandbox: { cpuSeconds: 3 } });
    const running = runProgram(kernel, 'while True: pass');
    await expect(running).rejects.toThrow(KernelError);
    await expect(running).rejects.toThrow(/used up its CPU time/);
  });

  it('has an environment of its own, and what it is given', async () => {
    vi.stubEnv('EAGER_TEST_SECRET', 'secret');
    await using kernel = embeddedKernel({ python, cwd: folder, sandbox: {}, env: { GIVEN: 'given' } });
    const program = 'import os\nprint("EAGER_TEST_SECRET" in os.environ, os.environ["GIVEN"], os.getcwd())';
    expect(textOf(await runProgram(kernel, program))).toBe(`False given ${folder}\n`);
  });

  it.each([
    { name: 'the home folder', cwd: () => homedir() },
    { name: 'a folder that holds the home folder', cwd: () => join(homedir(), '..') },
    { name: 'the root', cwd: () => '/' },
    { name: 'the folder of temporary files', cwd: () => tmpdir() },
  ])('does not show $name as its working folder', async ({ cwd }) => {
    await using kernel = embeddedKernel({ python, cwd: cwd(), sandbox: {} });
    await expect(runProgram(kernel, '1')).rejects.toThrow(
      /Cannot start the sandbox in .*hides.*Start it in/s,
    );
  });

  it('is never left out: without bubblewrap there is no kernel, and how to get it is said', async () => {
    vi.stubEnv('PATH', '/nowhere');
    await using kernel = embeddedKernel({ python, cwd: folder, sandbox: {} });
    await expect(runProgram(kernel, '1')).rejects.toThrow(
      /by bwrap: no such program exists. Install bubblewrap .*or run without the sandbox/,
    );
  });

  it.each([
    {
      says: 'bwrap: No permissions to create a new namespace',
      advice: /does not let this user make namespaces. Allow it/,
    },
    {
      says: 'bwrap: setting up uid map: Permission denied',
      advice: /does not let this user make namespaces/,
    },
    { says: 'bwrap: Unknown option --disable-userns', advice: /Install bubblewrap 0.8 or newer/ },
    { says: "bwrap: Can't find source path /x", advice: /Check that "bwrap --ro-bind/ },
  ])('says what to do when bwrap says "$says"', async ({ says, advice }) => {
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'bwrap'), `#!/bin/sh\necho "${says}" >&2\nexit 1\n`, { mode: 0o755 });
    vi.stubEnv('PATH', `${bin}:${process.env.PATH}`);
    await using kernel = embeddedKernel({ python, cwd: folder, sandbox: {} });
    await expect(runProgram(kernel, '1')).rejects.toThrow(says);
    await expect(runProgram(kernel, '1')).rejects.toThrow(advice);
  });

  it('is one of the ways to start a kernel', async () => {
    await using kernel = embeddedKernel({ python, sandbox: {}, launch: ['python3'] });
    await expect(runProgram(kernel, '1')).rejects.toThrow(/choose one of these/);
  });
});

function workingFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'sb-')));
  writeFileSync(join(folder, 'data.csv'), 'x,y\n1,2\n3,4\n');
  return folder;
}
