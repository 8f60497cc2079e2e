import { NEVER } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { python } from '../../../test/python.js';
import { embeddedKernel } from './embedded-kernel.js';
import type { ExecutionEvent, Kernel } from './kernel.js';
import { runProgram, runSerially, textOf } from './program.fixture.js';

const SLOW =
  'import time\nfor i in range(5):\n    print("first", i, flush=True); time.sleep(0.05)\n\nname = "first"\n';
const NEXT = 'print("second", name)\nname = "second"\n';

describe('two programs on one kernel', () => {
  let kernel: Kernel;
  beforeEach(() => {
    kernel = embeddedKernel({ python });
    return () => kernel[Symbol.asyncDispose]();
  });

  it('run one after the other, each with its own events', async () => {
    const log: string[] = [];
    const [first, second] = await Promise.all([
      runProgram(kernel, SLOW, { onEvent: logged(log, 'first') }),
      runProgram(kernel, NEXT, { onEvent: logged(log, 'second') }),
    ]);
    expect(textOf(first)).toBe('first 0\nfirst 1\nfirst 2\nfirst 3\nfirst 4\n');
    expect(textOf(second)).toBe('second first\n');
    // Not even a batch of the second goes out before the first is over.
    const order = log.filter((line, index) => line !== log[index - 1]);
    expect(order).toEqual(['first', 'second']);
    for (const { events } of [first, second]) expect(events.at(-1)?.type).toBe('closed');
  });

  it('run one after the other, streamed and plain', async () => {
    const [first, second, third] = await Promise.all([
      runSerially(kernel, SLOW),
      runProgram(kernel, NEXT),
      runSerially(kernel, 'print("third", name)\n'),
    ]);
    expect([first, second, third].map((outcome) => textOf(outcome).split('\n').at(-2))).toEqual([
      'first 4',
      'second first',
      'third second',
    ]);
  });

  it('the second goes on when the user ends the first', async () => {
    const controller = new AbortController();
    const [first, second] = await Promise.all([
      runProgram(kernel, 'name = 1\nprint("on")\nwhile True: pass\n', {
        signal: controller.signal,
        onEvent: ({ type }) => {
          if (type === 'output') controller.abort();
        },
      }),
      runProgram(kernel, NEXT),
    ]);
    expect(first.error?.ename).toBe('KeyboardInterrupt');
    expect(second.error).toBeNull();
    expect(textOf(second)).toBe('second 1\n');
  });

  it.each([
    ['streamed', runProgram],
    ['plain', runSerially],
  ])('the first goes on when the user ends the second (%s), which then never begins', async (_, run) => {
    const controller = new AbortController();
    const ended: string[] = [];
    const first = runProgram(kernel, SLOW, {
      onEvent: ({ type }) => {
        if (type === 'output') controller.abort();
      },
    });
    const second = run(kernel, NEXT, { signal: controller.signal, patienceMs: 1 });
    const third = runProgram(kernel, 'print(name)\n');
    void first.then(() => ended.push('first'));
    void second.then(() => ended.push('second'));
    const outcomes = await Promise.all([first, second, third]);
    expect(ended).toEqual(['second', 'first']);
    expect(outcomes.map((outcome) => textOf(outcome).split('\n').at(-2))).toEqual([
      'first 4',
      undefined,
      'first',
    ]);
    expect(outcomes[0].error).toBeNull();
  });

  it('a waiting program that nobody wants any more keeps those behind it waiting', async () => {
    const first = runProgram(kernel, SLOW);
    kernel.run(NEVER).subscribe().unsubscribe();
    const third = runProgram(kernel, 'print(name)\n');
    expect(textOf(await third)).toBe('first\n');
    expect((await first).error).toBeNull();
  });
});

describe('two programs on two kernels', () => {
  const kernels: Kernel[] = [];
  beforeEach(() => {
    kernels.push(embeddedKernel({ python }), embeddedKernel({ python }));
  });
  afterEach(async () => {
    await Promise.all(kernels.splice(0).map((kernel) => kernel[Symbol.asyncDispose]()));
  });

  it('share no state', async () => {
    const source = (name: string) =>
      `import os, time\nmine = ${name}\nos.environ["MINE"] = "${name}"\ntime.sleep(0.3)\nprint(mine, os.environ["MINE"])\n`;
    const outcomes = await Promise.all(
      kernels.map((kernel, index) => runProgram(kernel, source(String(index)))),
    );
    expect(outcomes.map((outcome) => textOf(outcome))).toEqual(['0 0\n', '1 1\n']);
  });
});

function logged(log: string[], name: string): (event: ExecutionEvent) => void {
  return () => log.push(name);
}
