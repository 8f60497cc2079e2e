import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { pythons } from '../../../test/python.js';
import { embeddedKernel } from './embedded-kernel.js';
import { Escalation } from './escalation.js';
import { type ExecutionEvent, type Kernel, KernelError, type Notice } from './kernel.js';
import { runProgram, textOf } from './program.fixture.js';

describe('Escalation', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    return () => vi.useRealTimers();
  });

  it('interrupts, again every two seconds, and gives up when patience has run out', async () => {
    const { steps, escalation } = observed(5_000);
    await escalation.start();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(steps).toEqual([
      ...['interrupting', 'interrupt'],
      ...['interrupting', 'interrupt'],
      ...['interrupting', 'interrupt'],
      'gave up after 5000 ms',
    ]);
  });

  it('waits for ever without a limit', async () => {
    const { steps, escalation } = observed(undefined);
    await escalation.start();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(steps.filter((step) => step === 'interrupt')).toHaveLength(11);
    expect(steps.at(-1)).toBe('interrupt');
    escalation[Symbol.dispose]();
  });

  it('ends with the program', async () => {
    const { steps, escalation } = observed(5_000);
    await escalation.start();
    escalation[Symbol.dispose]();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(steps).toEqual(['interrupting', 'interrupt']);
  });

  it('interrupts once more for each further request, and says so once', async () => {
    const { steps, escalation } = observed(5_000);
    await escalation.start();
    await escalation.start();
    expect(steps).toEqual(['interrupting', 'interrupt', 'interrupt']);
    escalation[Symbol.dispose]();
  });

  it('goes on when an interrupt fails', async () => {
    const { steps, escalation } = observed(3_000, () => Promise.reject(new Error('no server')));
    await escalation.start();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(steps.at(-1)).toBe('gave up after 3000 ms');
  });
});

function observed(patienceMs: number | undefined, interrupt = () => Promise.resolve()) {
  const steps: string[] = [];
  const escalation = new Escalation({
    interrupt: () => {
      steps.push('interrupt');
      return interrupt();
    },
    giveUp: (waitedMs) => steps.push(`gave up after ${waitedMs} ms`),
    patienceMs,
    notify: ({ type }) => steps.push(type),
  });
  return { steps, escalation };
}

describe.each(pythons)('an interrupt on %s', (python) => {
  let kernel: Kernel;
  beforeAll(() => {
    kernel = embeddedKernel({ python });
  });
  afterAll(() => kernel[Symbol.asyncDispose]());

  it.each([
    ['in C that calls Python', 'print("on"); max(range(10**12), key=lambda i: -i)\n'],
    ['in a regular expression', 'import re; print("on", flush=True); re.match("(a+)+$", "a" * 60 + "b")\n'],
    ['in a read of the operating system', 'import os; print("on"); os.read(os.pipe()[0], 1)\n'],
  ])('%s ends the program', async (_, source) => {
    const controller = new AbortController();
    const { error, outputs } = await runProgram(kernel, `${source}print("never")\n`, {
      signal: controller.signal,
      // Not at its output: code in C that keeps the GIL keeps that back, too.
      onEvent: ({ type }) => type === 'batch' && setTimeout(() => controller.abort(), 500),
    });
    expect(error?.ename).toBe('KeyboardInterrupt');
    expect(textOf({ outputs })).toBe('on\n');
  });

  it('in input() ends the program', async () => {
    const controller = new AbortController();
    const { error } = await runProgram(kernel, 'input("name? ")\n', {
      signal: controller.signal,
      input: () => {
        controller.abort();
        return new Promise(() => {});
      },
    });
    expect(error?.ename).toBe('KeyboardInterrupt');
  });

  it('is repeated for a program that takes one for its own, and all steps are told', async () => {
    const source = `
import time
for i in range(2):
    try:
        print("on", i); time.sleep(60)
    except KeyboardInterrupt:
        pass
`;
    const notices = noticesOf(kernel);
    const controller = new AbortController();
    const { error, outputs } = await runProgram(kernel, source, {
      signal: controller.signal,
      onEvent: onOutput(() => controller.abort()),
    });
    expect(error).toBeNull();
    expect(textOf({ outputs })).toBe('on 0\non 1\n');
    expect(notices.map(({ type }) => type)).toEqual(['interrupting', 'interrupting']);
    expect(notices[1]?.message).toBe(
      'The program still runs 2 s after the interrupt. Interrupting it again …',
    );
  });
});

it.each([
  [
    'swallows interrupts',
    'import time\nwhile True:\n    try:\n        print("on"); time.sleep(60)\n    except KeyboardInterrupt: pass\n',
  ],
  ['is in C code that looks for no signal', 'print("on", flush=True)\nsum(range(10**14))\n'],
])('a program that %s loses its kernel when patience has run out', async (_, source) => {
  await using kernel = embeddedKernel({ python: pythons[0] ?? '' });
  const notices = noticesOf(kernel);
  const controller = new AbortController();
  const events: ExecutionEvent[] = [];
  const running = runProgram(kernel, source, {
    signal: controller.signal,
    patienceMs: 1_000,
    onEvent: (event) => {
      events.push(event);
      // What follows the output has begun by then: code in C cannot say so itself.
      if (event.type === 'output') setTimeout(() => controller.abort(), 1_000);
    },
  });
  await expect(running).rejects.toThrow(KernelError);
  await expect(running).rejects.toThrow(
    /did not end within 1 s of being interrupted, so its kernel was killed; all its variables are lost/,
  );
  expect(events.some(({ type }) => type === 'output')).toBe(true);
  expect(notices.map(({ type }) => type)).toEqual(['interrupting', 'killed']);
});

function onOutput(act: () => void): (event: ExecutionEvent) => void {
  return ({ type }) => {
    if (type === 'output') act();
  };
}

function noticesOf(kernel: Kernel): Notice[] {
  const notices: Notice[] = [];
  kernel.notices$.subscribe((notice) => notices.push(notice));
  return notices;
}
