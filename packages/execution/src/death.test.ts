import { describe, expect, it } from 'vitest';
import { python, pythons } from '../../../test/python.js';
import { embeddedKernel } from './embedded-kernel.js';
import { type ExecutionEvent, KernelError } from './kernel.js';
import { MemoryGroup, whyNoMemoryGroup } from './memory-group.fixture.js';
import { runProgram, textOf } from './program.fixture.js';

const DEATHS = [
  {
    name: 'is killed with -9',
    source: 'import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n',
    message: /^The kernel was killed by SIGKILL, as the system does when memory runs out; all variables/,
  },
  {
    name: 'leaves by os._exit(3)',
    source: 'import os\nos._exit(3)\n',
    message: /^The kernel ended with exit code 3; all variables/,
  },
  {
    name: 'crashes in C code',
    source: 'import ctypes\nctypes.string_at(0)\n',
    message: /^The kernel was killed by SIGSEGV; .*Its last words:\n.*Segmentation fault/s,
  },
  {
    name: 'aborts in C code',
    source: 'import os\nos.abort()\n',
    message: /^The kernel was killed by SIGABRT; .*Its last words:\n.*Fatal Python error: Aborted/s,
  },
];

describe.each(pythons)('a kernel on %s', (python) => {
  it.each(DEATHS)('that $name is one error, after all that had come', async ({ source, message }) => {
    await using kernel = embeddedKernel({ python });
    const events: ExecutionEvent[] = [];
    const running = runProgram(
      kernel,
      // What a kernel has not handed to the system yet dies with it, so it gets a moment for that.
      `import time\nprint("kept", flush=True)\nfor i in range(1000): print(i, flush=i == 999)\n\ntime.sleep(0.3)\n${source}print("never")\n`,
      { onEvent: (event) => events.push(event) },
    );
    const error = await running.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(KernelError);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).toMatch(/Start a new kernel to run it again\./);
    const outputs = events.flatMap((event) => (event.type === 'output' ? [event.output] : []));
    expect(textOf({ outputs })).toBe(`kept\n${Array.from({ length: 1000 }, (_, i) => `${i}\n`).join('')}`);
  });
});

it('a kernel that may have no more memory raises MemoryError, and lives', async () => {
  await using kernel = embeddedKernel({ python });
  const limit = 'import resource\nresource.setrlimit(resource.RLIMIT_AS, (2 * 2**30, 2 * 2**30))\n';
  const { error } = await runProgram(kernel, `${limit}kept = 1\nblock = bytearray(4 * 2**30)\n`);
  expect(error?.ename).toBe('MemoryError');
  expect(textOf(await runProgram(kernel, 'print(kept)\n'))).toBe('1\n');
});

const noGroup = process.platform === 'linux' ? whyNoMemoryGroup() : 'only Linux has control groups';

describe.skipIf(noGroup !== undefined)(
  `out of memory${noGroup === undefined ? '' : ` (skipped: ${noGroup})`}`,
  () => {
    it.each(pythons)(
      'the system kills the kernel, which is said, and what has come is kept: %s',
      async (python) => {
        await using kernel = embeddedKernel({ python });
        using group = new MemoryGroup(400 * 2 ** 20);
        const [pid] = textOf(await runProgram(kernel, 'import os; print(os.getpid())\n')).split('\n');
        group.add(Number(pid));
        const events: ExecutionEvent[] = [];
        // Ends by itself far below what a machine has, should the group not hold.
        const running = runProgram(
          kernel,
          'print("kept")\nx = 6 * 7\nprint(x, flush=True)\nblocks = [bytearray(b"x" * 2**24) for _ in range(60)]\nprint("never")\n',
          { feed: 'one by one', onEvent: (event) => events.push(event) },
        );
        await expect(running).rejects.toThrow(
          /^The kernel was killed by SIGKILL, as the system does when memory runs out; all variables of the program are lost\./,
        );
        await expect(running).rejects.toBeInstanceOf(KernelError);
        const outputs = events.flatMap((event) => (event.type === 'output' ? [event.output] : []));
        expect(textOf({ outputs })).toBe('kept\n42\n');
        const finished = events.flatMap((event) => (event.type === 'finished' ? [event.chunk.line] : []));
        expect(finished).toEqual([1, 2, 3]);
        expect(events.at(-1)).toMatchObject({ type: 'started', chunk: { line: 4 } });
      },
    );
  },
);
