import { spawnSync } from 'node:child_process';
import { concat, from, NEVER, Subject, throwError } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pythons } from '../../../test/python.js';
import { embeddedKernel } from './embedded-kernel.js';
import type { ExecutionEvent, Kernel } from './kernel.js';
import { chunksOf, type Outcome, runProgram, runSerially, textOf, tracebackOf } from './program.fixture.js';

describe.each(pythons)('a program on %s', (python) => {
  let kernel: Kernel;
  beforeAll(() => {
    kernel = embeddedKernel({ python });
  });
  afterAll(() => kernel[Symbol.asyncDispose]());

  describe('attributes what happens to its chunks', () => {
    it('gives for each chunk batch, started, outputs, finished, and closes at the end', async () => {
      const { events } = await runProgram(kernel, 'print(1)\nx = 2\ndisplay(x)\n1 / 0\n');
      expect(shown(events)).toEqual(expect.arrayContaining(['batch 0,1,2,3', 'closed']));
      expect(
        [0, 1, 2, 3].map((id) => shown(events.filter((event) => 'chunk' in event && event.chunk.id === id))),
      ).toEqual([
        ['started 0', '0 stream', 'finished 0 ok'],
        ['started 1', 'finished 1 ok'],
        ['started 2', '2 display_data', 'finished 2 ok'],
        ['started 3', '3 error', 'finished 3 error'],
      ]);
      expect(events.at(0)?.type).toBe('batch');
      expect(events.at(-1)?.type).toBe('closed');
    });

    it('shows the value of the last expression as an output of the last chunk', async () => {
      const { events } = await runProgram(kernel, '1\n2\n', { feed: 'one by one' });
      expect(shown(events).slice(-3)).toEqual(['finished 1 ok', '1 execute_result', 'closed']);
    });

    it('gives a batch to each chunk that comes when the kernel is free', async () => {
      const { events } = await runProgram(kernel, 'x = 1\ny = 2\nz = 3\n', { feed: 'one by one' });
      expect(shown(events)).toEqual([
        ...['batch 0', 'started 0', 'finished 0 ok', 'batch 1', 'started 1', 'finished 1 ok'],
        ...['batch 2', 'started 2', 'finished 2 ok', 'closed'],
      ]);
    });

    it('puts all that is pending into the next batch', async () => {
      const chunks$ = new Subject<ReturnType<typeof chunksOf>[number]>();
      const [first, ...rest] = chunksOf(
        'def busy():\n    sum(range(300_000))\nbusy()\na = 1\nb = 2\nc = a + b\n',
      );
      const { events } = await runProgram(kernel, '', {
        feed: concat(from(first ? [first] : []), chunks$),
        onEvent: (event) => {
          if (event.type !== 'started' || event.chunk.id !== 0) return;
          for (const chunk of rest) chunks$.next(chunk);
          chunks$.complete();
        },
      });
      expect(events.flatMap((event) => (event.type === 'batch' ? [event.batch.chunks.length] : []))).toEqual([
        1, 4,
      ]);
    });

    it('tells apart what each of many chunks of a batch prints', async () => {
      const count = 200;
      const source = Array.from({ length: count }, (_, i) => `print("from ${i}")\n`).join('');
      const { events } = await runProgram(kernel, source);
      const printed = Array.from({ length: count }, () => '');
      for (const event of events) {
        if (event.type !== 'output' || event.output.output_type !== 'stream') continue;
        printed[event.chunk.id] += [event.output.text].flat().join('');
      }
      expect(printed).toEqual(Array.from({ length: count }, (_, i) => `from ${i}\n`));
      expect(events.filter(({ type }) => type === 'batch')).toHaveLength(1);
      expectOrder(events);
    });

    it('gives what a thread prints to one chunk that has started by then', async () => {
      const source = [
        'import threading\n',
        'go = threading.Event()\n',
        'thread = threading.Thread(target=lambda: (go.wait(), print("from the thread")))\n',
        'thread.start()\n',
        'x = 1\n',
        'go.set(); thread.join()\n',
        'y = 1\n',
      ];
      const { events } = await runProgram(kernel, source.join(''));
      const printed = events.flatMap((event) => (event.type === 'output' ? [event.chunk.id] : []));
      // The text and its newline may come apart, but to the same chunk.
      expect(new Set(printed).size).toBe(1);
      // ipykernel 7 knows the chunk that started the thread; 6 has one header for all threads of a cell.
      expect(printed[0]).toBeLessThanOrEqual(5);
    });

    it('gives an error to its chunk, and does not run the rest of the batch', async () => {
      const { events, error } = await runProgram(kernel, 'a = 1\na / 0\nnever = 1\nprint("never")\n');
      expect(shown(events).toSorted()).toEqual(
        [
          'batch 0,1,2,3',
          'started 0',
          'finished 0 ok',
          'started 1',
          '1 error',
          'finished 1 error',
          'closed',
        ].toSorted(),
      );
      expect(error).toMatchObject({ ename: 'ZeroDivisionError', evalue: 'division by zero' });
      expect(textOf(await runSerially(kernel, 'print("never" in dir())'))).toBe('False\n');
    });

    it('says how long each chunk ran on the clock of the kernel', async () => {
      const { events } = await runProgram(kernel, 'import time\ntime.sleep(0.2)\nx = 1\n');
      const durations = events.flatMap((event) => (event.type === 'finished' ? [event.durationMs] : []));
      expect(durations[1]).toBeGreaterThanOrEqual(200);
      expect(durations[2]).toBeLessThan(200);
    });

    it('shows a print inside a long statement while the statement still runs', async () => {
      let text = '';
      let printedAtMs = 0;
      let finished = false;
      const source = 'import threading\nprint("working"), threading.Event().wait()\n';
      const outcome = await runProgram(kernel, source, {
        onEvent: (event) => {
          if (event.type === 'finished' && event.chunk.id === 1) finished = true;
          if (event.type !== 'output' || event.output.output_type !== 'stream') return;
          text += event.output.text;
          printedAtMs = event.atMs;
          expect(finished).toBe(false);
          // Nothing but this interrupt ends the statement.
          void kernel.interrupt();
        },
      });
      const started = outcome.events.find((event) => event.type === 'started' && event.chunk.id === 1);
      console.log(`  print to output on ${python}: ${(printedAtMs - (started?.atMs ?? 0)).toFixed(1)} ms`);
      expect(text).toBe('working\n');
      expect(outcome.error?.ename).toBe('KeyboardInterrupt');
    });
  });

  describe('hides the driver', () => {
    it.each([
      ['an error', '1 / 0\n'],
      ['an error in a function', 'def f():\n    raise ValueError\nf()\n'],
      ['a SyntaxError', 'x = = 1\n'],
      ['an error in something awaited', 'async def f():\n    1 / 0\nawait f()\n'],
      ['a recursion error', 'import sys\nsys.setrecursionlimit(300)\ndef f():\n    f()\n\nf()\n'],
      ['a refused input', 'x = 1\ninput("?")\n'],
      ['a refused input in a function', 'def ask():\n    return input("?")\nask()\n'],
      ['a refused password', 'from getpass import getpass\nimport getpass as g\ng.getpass("?")\n'],
      ['a KeyboardInterrupt of its own', 'raise KeyboardInterrupt\n'],
      ['an exit', 'import sys\nsys.exit(3)\n'],
    ])('in the traceback of %s', async (_, source) => {
      for (const feed of ['at once', 'one by one'] as const) {
        const { outputs, error } = await runProgram(kernel, source, { feed });
        expect(error).not.toBeNull();
        expect(JSON.stringify({ outputs, error })).not.toMatch(/eager_driver|driver\.py|skipping hidden/);
      }
      const next = 'import sys; sys.setrecursionlimit(3000); print("goes on")';
      expect(textOf(await runProgram(kernel, next))).toBe('goes on\n');
    });
  });

  describe('exits', () => {
    it.each([
      ['exit()', 'exit()'],
      ['quit()', 'quit()'],
      ['exit with an argument', 'exit(keep_kernel=True)'],
      ['sys.exit()', 'import sys; sys.exit()'],
      ['sys.exit(3)', 'import sys; sys.exit(3)'],
      ['exit in a function', '(lambda: exit())()'],
    ])('%s ends the program and not the kernel', async (_, statement) => {
      await runSerially(kernel, 'kept = 1');
      const { events, error } = await runProgram(kernel, `print("before")\n${statement}\nprint("never")\n`);
      expect(error?.ename).toBe('SystemExit');
      expect(textOf({ outputs: outputsOf(events) })).toBe('before\n');
      expect(textOf(await runProgram(kernel, 'print(kept)'))).toBe('1\n');
    });

    it.each(['exit', 'quit'])('%s alone is a command', async (command) => {
      expect((await runProgram(kernel, `${command}\n`)).error?.ename).toBe('SystemExit');
      expect((await runProgram(kernel, command, { feed: 'one by one' })).error?.ename).toBe('SystemExit');
      expect(textOf(await runProgram(kernel, 'print("alive")'))).toBe('alive\n');
    });

    it('carries the code', async () => {
      expect((await runProgram(kernel, 'import sys\nsys.exit(3)\n')).error).toMatchObject({ evalue: '3' });
    });
  });

  describe('asks for input', () => {
    it('is answered through the handler, whatever its prompts look like', async () => {
      const asked: [string, boolean][] = [];
      const source = [
        'import getpass\n',
        'a = input("Name? ")\n',
        'b = getpass.getpass("Secret? ")\n',
        'print(repr([a, b, input(), input("\\x02eager:?:{}")]))\n',
      ];
      const answers = ['ü', 'secret', '', '{"chunks": [], "end": true}'];
      const outcome = await runProgram(kernel, source.join(''), {
        input: async (prompt, hidden) => {
          asked.push([prompt, hidden]);
          return answers[asked.length - 1] ?? '';
        },
      });
      expect(asked).toEqual([
        ['Name? ', false],
        ['Secret? ', true],
        ['', false],
        ['\u0002eager:?:{}', false],
      ]);
      expect(textOf(outcome)).toBe(`['ü', 'secret', '', '{"chunks": [], "end": true}']\n`);
    });

    it('is interrupted when the handler rejects', async () => {
      const outcome = await runProgram(kernel, 'x = 1\ninput("?")\nprint("never")\n', {
        input: () => Promise.reject(new Error('nobody')),
      });
      expect(outcome.error?.ename).toBe('KeyboardInterrupt');
      expect(tracebackOf(outcome)).not.toMatch(/eager_driver/);
      expect(textOf(outcome)).toBe('');
    });

    it('is told so when there is no handler', async () => {
      const { error } = await runProgram(kernel, 'name = input("Your name? ")\n');
      expect(error).toMatchObject({
        ename: 'StdinNotImplementedError',
        evalue: expect.stringMatching(
          /asked for input \('Your name\? '\), but nobody is there to answer\. Put/,
        ),
      });
    });

    it('survives that the program deletes input', async () => {
      const source = 'import builtins\nkept = builtins.input\ndel builtins.input\n';
      expect((await runProgram(kernel, source)).error).toBeNull();
      const ask = { input: async () => 'back' };
      expect(textOf(await runProgram(kernel, 'print(input())', ask))).toBe('back\n');
    });
  });

  describe('differs from a plain cell, on purpose:', () => {
    it('statements before a syntax error have run', async () => {
      const plain = await runSerially(kernel, 'print("ran")\nx = = 1\n');
      const outcome = await runProgram(kernel, 'print("ran")\nx = = 1\n');
      expect(textOf(plain)).toBe('');
      expect(textOf(outcome)).toBe('ran\n');
      expect(tracebackOf(outcome).replace(/In\[\d+\]/, '')).toBe(tracebackOf(plain).replace(/In\[\d+\]/, ''));
    });

    it('a statement that is indented after one that is not is an IndentationError of its own', async () => {
      const { error, events } = await runProgram(kernel, 'x = 1\n    y = 2\n');
      expect(error?.ename).toBe('IndentationError');
      expect(events.flatMap((event) => (event.type === 'finished' ? [event.status] : []))).toEqual([
        'ok',
        'error',
      ]);
    });

    it('an exception whose text is that exception ends it, where the kernel never answers a plain cell', async () => {
      const source =
        'class Broken(Exception):\n    def __str__(self):\n        raise self\n\nraise Broken()\n';
      expect((await runProgram(kernel, source)).error).toMatchObject({
        ename: 'Broken',
        evalue: '<exception str() failed>',
      });
      expect(textOf(await runSerially(kernel, 'print("goes on")'))).toBe('goes on\n');
    });

    it('future imports end with the program', async () => {
      const annotations = 'def f(x: int): pass\nprint(f.__annotations__)\n';
      expect(textOf(await runProgram(kernel, `from __future__ import annotations\n${annotations}`))).toBe(
        "{'x': 'int'}\n",
      );
      expect(textOf(await runProgram(kernel, annotations))).toBe("{'x': <class 'int'>}\n");
      expect(textOf(await runSerially(kernel, annotations))).toBe("{'x': <class 'int'>}\n");
    });

    it('a program without statements is a cell all the same', async () => {
      const { events, error } = await runProgram(kernel, '# nothing\n');
      expect(shown(events)).toEqual(['closed']);
      expect(error).toBeNull();
    });
  });

  describe.skipIf(spawnSync(python, ['-c', 'import matplotlib']).status !== 0)('draws', () => {
    // As statements of one cell; chunked into cells of their own they would give a figure each.
    it.each([
      [
        'one figure over six chunks',
        'plt.figure(figsize=(2, 2))\nplt.plot([1, 2, 3])\nplt.title("title")\nplt.xlabel("x")\nplt.ylabel("y")\nplt.grid(True)\n',
      ],
      ['a figure that is shown', 'plt.plot([3, 1])\nplt.show()\nprint("after")\n'],
      ['two figures', 'plt.figure()\nplt.plot([1, 2])\nplt.figure()\nplt.plot([2, 1])\nprint("between")\n'],
      ['a figure as the last value', 'fig, ax = plt.subplots()\nax.plot([1, 3, 2])\nfig\n'],
      ['a figure before an error', 'plt.plot([1, 2])\n1 / 0\n'],
    ])('%s, byte by byte as a plain cell does', async (_, source) => {
      const setUp = '%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.close("all")\n';
      await runSerially(kernel, setUp);
      const plain = await runSerially(kernel, source);
      expect(JSON.stringify(plain.outputs)).toContain('image/png');
      for (const feed of ['at once', 'one by one'] as const) {
        await runSerially(kernel, setUp);
        const outcome = await runProgram(kernel, source, { feed });
        expect(withoutCounts(outcome)).toEqual(withoutCounts(plain));
      }
    });
  });

  describe('belongs to its caller', () => {
    it('passes on an error of the chunks, and is interrupted', async () => {
      const failed = new Error('the model went away');
      const feed = concat(
        from(chunksOf('print("first")\n')),
        throwError(() => failed),
      );
      await expect(runProgram(kernel, '', { feed })).rejects.toBe(failed);
      expect(textOf(await runProgram(kernel, 'print("next")'))).toBe('next\n');
    });

    it('is cold: each subscription is a run', async () => {
      const events$ = kernel.run(from(chunksOf('runs = globals().get("runs", 0) + 1\n')));
      for (const _ of [1, 2]) await new Promise<void>((resolve) => events$.subscribe({ complete: resolve }));
      expect(textOf(await runProgram(kernel, 'print(runs)'))).toBe('2\n');
    });

    it('waits for its turn', async () => {
      const order: string[] = [];
      const log = (name: string) => (event: ExecutionEvent) => order.push(`${name} ${event.type}`);
      await Promise.all([
        runProgram(kernel, 'import time\ntime.sleep(0.05)\n', { onEvent: log('a') }),
        runProgram(kernel, 'x = 1\n', { onEvent: log('b') }),
      ]);
      expect(order.indexOf('a closed')).toBeLessThan(order.indexOf('b batch'));
    });

    it('that is given up before its turn leaves the next one its own', async () => {
      const first = runProgram(kernel, 'import time\ntime.sleep(0.05)\n');
      kernel.run(NEVER).subscribe().unsubscribe();
      const third = runProgram(kernel, 'print("third")');
      await first;
      expect(textOf(await third)).toBe('third\n');
    });
  });
});

/** One line for each event; a stream may come in several pieces, which count as one. */
function shown(events: readonly ExecutionEvent[]): string[] {
  const lines = events.map((event) => {
    if (event.type === 'batch') return `batch ${event.batch.chunks.map(({ id }) => id)}`;
    if (event.type === 'output') return `${event.chunk.id} ${event.output.output_type}`;
    if (event.type === 'finished') return `finished ${event.chunk.id} ${event.status}`;
    return 'chunk' in event ? `${event.type} ${event.chunk.id}` : event.type;
  });
  return lines.filter((line, index) => !line.endsWith(' stream') || line !== lines[index - 1]);
}

/** Each chunk is started, gives its outputs and finishes, in the order of the chunks; times never go back. */
function expectOrder(events: readonly ExecutionEvent[]): void {
  const order = events.flatMap((event) => ('chunk' in event ? [event.chunk.id] : []));
  expect(order).toEqual(order.toSorted((a, b) => a - b));
  const atMs = events.flatMap((event) => (event.type === 'started' ? [event.atMs] : []));
  expect(atMs).toEqual(atMs.toSorted((a, b) => a - b));
}

function outputsOf(events: readonly ExecutionEvent[]): Outcome['outputs'] {
  return events.flatMap((event) => (event.type === 'output' ? [event.output] : []));
}

/** Outcomes of programs that ran one after another on one kernel. */
function withoutCounts({ outputs, error }: Outcome): unknown {
  const text = JSON.stringify({ outputs, error });
  const counts = /"execution_count":\d+|In\[\d+\]/g;
  return text.replace(counts, 'count');
}
