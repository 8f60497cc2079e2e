import { concat, from, NEVER } from 'rxjs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { pythons } from '../../../test/python.js';
import { embeddedKernel } from './embedded-kernel.js';
import { type ExecutionEvent, type Kernel, KernelError } from './kernel.js';
import type { Output } from './output.js';
import { chunksOf, type Outcome, runProgram, runSerially, textOf, tracebackOf } from './program.fixture.js';

describe.each(pythons)('interrupting a program on %s', (python) => {
  let kernel: Kernel;
  beforeAll(() => {
    kernel = embeddedKernel({ python });
  });
  afterAll(() => kernel[Symbol.asyncDispose]());

  // Whatever happened, the next program finds the kernel as a fresh one.
  afterEach(async () => {
    const state =
      'import asyncio, signal; print(signal.getsignal(signal.SIGINT).__qualname__, asyncio.all_tasks().__len__() < 3)';
    expect(textOf(await runSerially(kernel, state))).toBe(SIGINT_HANDLER);
    expect(textOf(await runProgram(kernel, 'import asyncio\nawait asyncio.sleep(0)\nprint("next")\n'))).toBe(
      'next\n',
    );
  });

  describe.each([
    ['synchronous code', 'print("on")\nwhile True: pass\n'],
    ['a sleep', 'import time; print("on")\ntime.sleep(60)\n'],
    ['code after an await', 'import asyncio\nawait asyncio.sleep(0); print("on")\nwhile True: pass\n'],
    [
      'synchronous code within an await',
      'async def f():\n    print("on")\n    while True: pass\n\nawait f()\n',
    ],
    ['a loop that awaits at times', 'import asyncio\nprint("on")\nwhile True: await asyncio.sleep(0)\n'],
    ['an await', 'import asyncio\nprint("on")\nawait asyncio.sleep(60)\n'],
    ['a subprocess', 'import subprocess\nprint("on")\nsubprocess.run(["sleep", "60"])\n'],
    ['a shell command', '!echo on; sleep 60\nraise KeyboardInterrupt\n'],
    ['a thread that is joined', 'import threading\nprint("on")\nthreading.Event().wait()\n'],
  ])('in %s', (_, source) => {
    it.each([
      ['interrupt()', (running: Kernel) => void running.interrupt()],
      ['a signal', (_running: Kernel, controller: AbortController) => controller.abort()],
    ])('by %s ends it with KeyboardInterrupt', async (_name, interrupt) => {
      const controller = new AbortController();
      const outcome = await runProgram(kernel, source, {
        signal: controller.signal,
        onEvent: onceLine(() => interrupt(kernel, controller)),
      });
      expect(['KeyboardInterrupt', 'CancelledError']).toContain(outcome.error?.ename);
      expect(tracebackOf(outcome)).not.toMatch(/driver|hidden/);
      expect(textOf(outcome)).toMatch(/^on\r?\n/);
    });
  });

  it('ends it where it waits for the next chunk', async () => {
    const outcome = await runProgram(kernel, 'a = 1\nprint("on")\n', {
      feed: 'unended',
      onEvent: onceFinished(1, () => void kernel.interrupt()),
    });
    expectInterrupted(outcome);
    expect(outcome.events.at(-1)).toMatchObject({ type: 'closed', error: { ename: 'KeyboardInterrupt' } });
  });

  it('ends it before its first chunk', async () => {
    const controller = new AbortController();
    const running = runProgram(kernel, '', { feed: 'unended', signal: controller.signal });
    setTimeout(() => controller.abort(), 50);
    expect((await running).error?.ename).toBe('KeyboardInterrupt');
  });

  it('can be caught by the program', async () => {
    const source =
      'import time\ntry:\n    print("on"); time.sleep(60)\nexcept KeyboardInterrupt:\n    print("caught")\nprint("after")\n';
    const outcome = await runProgram(kernel, source, {
      onEvent: onceLine(() => void kernel.interrupt()),
    });
    expect(outcome.error).toBeNull();
    expect(textOf(outcome)).toBe('on\ncaught\nafter\n');
  });

  it('does nothing when no program runs', async () => {
    await kernel.interrupt();
    expect(textOf(await runProgram(kernel, 'print("fine")'))).toBe('fine\n');
  });

  it('by unsubscribing ends it where it runs', async () => {
    await new Promise<void>((resolve) => {
      const subscription = kernel
        .run(from(chunksOf('print("on")\nwhile True: pass\n')))
        .subscribe((event) => {
          if (event.type !== 'output') return;
          subscription.unsubscribe();
          resolve();
        });
    });
  });

  it('by unsubscribing ends it where it waits', async () => {
    await new Promise<void>((resolve) => {
      const subscription = kernel.run(concat(from(chunksOf('a = 1\nb = 2\n')), NEVER)).subscribe((event) => {
        if (event.type !== 'finished' || event.chunk.id !== 1) return;
        subscription.unsubscribe();
        resolve();
      });
    });
  });

  it('by unsubscribing at once leaves nothing behind', () => {
    kernel
      .run(concat(from(chunksOf('left = 1\n')), NEVER))
      .subscribe()
      .unsubscribe();
  });

  it('is like interrupting a plain cell', async () => {
    const source = 'import time\ndef wait():\n    print("on")\n    while True: pass\nwait()\n';
    const streamed = await runProgram(kernel, source, {
      onEvent: onceLine(() => void kernel.interrupt()),
    });
    const controller = new AbortController();
    let plain: ExecutionEvent[] = [];
    const [whole] = chunksOf('pass');
    await new Promise<void>((resolve) => {
      plain = [];
      kernel
        .runWhole({ ...(whole as NonNullable<typeof whole>), code: source }, { signal: controller.signal })
        .subscribe({
          next: (event) => {
            plain.push(event);
            if (event.type === 'output') controller.abort();
          },
          complete: resolve,
        });
    });
    const error = plain.find((event) => event.type === 'finished' && event.status === 'error');
    const traceback = error?.type === 'finished' && error.status === 'error' ? error.error.traceback : [];
    expect(streamed.error?.traceback.join('\n').replace(/In\[\d+\]/g, '')).toBe(
      traceback.join('\n').replace(/In\[\d+\]/g, ''),
    );
  });
});

describe.each(pythons)('the life of a kernel on %s', (python) => {
  it('an interrupt before it is ready ends the program before it begins', async () => {
    await using kernel = embeddedKernel({ python });
    const controller = new AbortController();
    const running = runProgram(kernel, 'print("never")\n', { signal: controller.signal });
    controller.abort();
    const { error, outputs } = await running;
    expect(error?.ename).toBe('KeyboardInterrupt');
    expect(textOf({ outputs })).toBe('');
    expect(textOf(await runProgram(kernel, 'print("next")'))).toBe('next\n');
  });

  it('a signal that is aborted already ends the program before it begins', async () => {
    await using kernel = embeddedKernel({ python });
    const { error, outputs } = await runProgram(kernel, 'print("never")\n', { signal: AbortSignal.abort() });
    expect(error?.ename).toBe('KeyboardInterrupt');
    expect(textOf({ outputs })).toBe('');
  });

  it.each([
    ['runs', 'print("on"); import time; time.sleep(60)\n', 'at once'],
    ['waits', 'print("on")\n', 'unended'],
  ] as const)(
    'a kernel that is killed while a program %s fails the run with what happened',
    async (_, source, feed) => {
      await using kernel = embeddedKernel({ python });
      const { pid } = JSON.parse(
        textOf(await runProgram(kernel, 'import os; print(\'{"pid": %d}\' % os.getpid())')),
      );
      const outputs: Output[] = [];
      const killAtFirst = onceLine(() => process.kill(pid, 'SIGKILL'));
      const running = runProgram(kernel, source, {
        feed,
        onEvent: (event) => {
          if (event.type === 'output') outputs.push(event.output);
          killAtFirst(event);
        },
      });
      await expect(running).rejects.toThrow(KernelError);
      await expect(running).rejects.toThrow(
        /killed by SIGKILL.*variables of the program are lost.*Start a new kernel/s,
      );
      expect(textOf({ outputs })).toBe('on\n');
      await expect(runProgram(kernel, 'x = 1')).rejects.toThrow(/killed by SIGKILL/);
      expect((await statusesOf(kernel)).at(-1)).toBe('dead');
    },
  );

  it('ends a run when it is disposed of', async () => {
    const kernel = embeddedKernel({ python });
    const running = runProgram(kernel, 'print("on")\nwhile True: pass\n', {
      onEvent: onceLine(() => void kernel[Symbol.asyncDispose]()),
    });
    // Disposal interrupts what runs; which of the two the run hears of first is open.
    const end = await running.then(
      ({ error }) => error?.ename,
      (error: unknown) => (error as Error).message,
    );
    expect(end).toMatch(/^KeyboardInterrupt$|was shut down/);
    await kernel[Symbol.asyncDispose]();
  });

  it('tells its status', async () => {
    const kernel = embeddedKernel({ python });
    const statuses = statusesOf(kernel);
    await runProgram(kernel, 'x = 1');
    await kernel[Symbol.asyncDispose]();
    const seen = await statuses;
    expect(seen[0]).toBe('starting');
    expect(seen).toContain('busy');
    expect(seen).toContain('idle');
    expect(seen.at(-1)).toBe('dead');
  });
});

/** ipykernel's own, which a plain cell sees. */
const SIGINT_HANDLER = 'default_int_handler True\n';

function expectInterrupted(outcome: Outcome): void {
  expect(outcome.error?.ename).toBe('KeyboardInterrupt');
  expect(tracebackOf(outcome)).not.toMatch(/driver|hidden/);
}

/** Acts on the first event of a type. */
/** When a line is there as a whole: its text and its end can arrive apart. */
function onceLine(act: () => void): (event: ExecutionEvent) => void {
  let isDone = false;
  return (event) => {
    if (isDone || event.type !== 'output' || !JSON.stringify(event.output).includes('\\n')) return;
    isDone = true;
    act();
  };
}

function onceFinished(id: number, act: () => void): (event: ExecutionEvent) => void {
  return (event) => {
    if (event.type === 'finished' && event.chunk.id === id) act();
  };
}

function statusesOf(kernel: Kernel): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const seen: string[] = [];
    kernel.status$.subscribe({
      next: (status) => seen.push(status),
      error: reject,
      complete: () => resolve(seen),
    });
  });
}
