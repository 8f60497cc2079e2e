import { fileURLToPath } from 'node:url';
import { firstValueFrom, from, NEVER, toArray } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pythons } from '../../../test/python.js';
import { embeddedKernel } from './embedded-kernel.js';
import type { GatedChunk, Kernel } from './kernel.js';
import { chunksOf, type Feed, runProgram, runSerially, textOf, tracebackOf } from './program.fixture.js';

const script = fileURLToPath(new URL('../python/kernel_without_stdin.py', import.meta.url));

/** A kernel that cannot take the driver, and so is given requests. */
function startLimited(python: string): Kernel {
  return embeddedKernel({ python, launch: ['{python}', script, '-f', '{connection_file}'] });
}

const feeds: readonly Feed[] = ['at once', 'one by one'];

describe.each(pythons)('on a kernel without stdin, %s', (python) => {
  let kernel: Kernel;
  let notice: Promise<unknown>;
  beforeAll(() => {
    kernel = startLimited(python);
    notice = firstValueFrom(kernel.notices$);
  });
  afterAll(() => kernel[Symbol.asyncDispose]());

  it('a program runs request by request, and the user hears why', async () => {
    await runProgram(kernel, 'pass\n');
    expect(await notice).toMatchObject({
      type: 'limited',
      message: expect.stringMatching(/no standard input/),
    });
  });

  it.each([
    ['prints', 'print(1)\nx = 2\nprint(x)\n'],
    ['the last value', 'x = 1\nx\nx + 1\n'],
    ['the last value, with a comment', 'x = 1\nx + 1  # why\n# end\n'],
    ['no value, for a semicolon', 'x = 1\nx\nx + 1;\n'],
    ['the last of two on a line', 'x = 1\n3; x\n'],
    ['no value, after a definition', '1\ndef f():\n    return 1\n'],
    ['what is displayed', 'from IPython.display import display\ndisplay(1)\ndisplay(2)\n'],
    ['a value over several lines', 'x = [1,\n  2]\nx\n(x +\n x)\n'],
    ['an awaited value', 'import asyncio\nawait asyncio.sleep(0)\nawait asyncio.sleep(0, 5)\n'],
    ['magics', '%time 1\n!echo hi\n'],
    ['a cell magic', '%%capture out\nprint(1)\n'],
    ['nothing', ''],
  ])('%s: the outputs of a plain cell', async (_, source) => {
    const shown = ({ outputs }: Awaited<ReturnType<typeof runProgram>>) =>
      outputs.map((output) =>
        'text' in output && output.text
          ? output.text.toString().replace(/[\d.]+(?:e[+-]\d+)? .?s/g, 'time')
          : 'data' in output
            ? output.data
            : output,
      );
    const expected = await runSerially(kernel, source);
    for (const feed of feeds) {
      expect(shown(await runProgram(kernel, source, { feed })), String(feed)).toEqual(shown(expected));
    }
  });

  it.each(feeds)('%s: an error ends it, at its true line', async (feed) => {
    const outcome = await runProgram(kernel, 'a = 1\n\ndef f():\n    1 / 0\n\nf()\nprint("never")\n', {
      feed,
    });
    expect(outcome.error?.ename).toBe('ZeroDivisionError');
    expect(tracebackOf(outcome)).toMatch(/line 6\b[\s\S]*line 4\b/);
    expect(textOf(outcome)).toBe('');
  });

  it('it counts as one cell and leaves nothing behind', async () => {
    const names = 'sorted(name for name in dir() if "eager" in name)';
    await runProgram(kernel, '1\n2\n3\n', { feed: 'one by one' });
    const { outputs } = await runProgram(kernel, `${names}\n`);
    expect(outputs).toMatchObject([{ data: { 'text/plain': '[]' } }]);
  });

  it('it is interrupted while it waits', async () => {
    const controller = new AbortController();
    const { error } = await runProgram(kernel, 'x = 1\n', {
      feed: 'unended',
      signal: controller.signal,
      onEvent: ({ type }) => type === 'finished' && controller.abort(),
    });
    expect(error?.ename).toBe('KeyboardInterrupt');
  });

  it('it is interrupted while it runs', async () => {
    const controller = new AbortController();
    const { error, outputs } = await runProgram(kernel, 'import time\nprint("on")\ntime.sleep(60)\n', {
      feed: 'unended',
      signal: controller.signal,
      onEvent: ({ type }) => type === 'output' && controller.abort(),
    });
    expect(error?.ename).toBe('KeyboardInterrupt');
    expect(outputs.at(-1)).toMatchObject({ output_type: 'error' });
  });

  it('a statement that is denied raises where it stands', async () => {
    const effect = { class: 'write', what: 'writes', line: 2 } as const;
    const chunks = chunksOf('print(1)\nprint(2)\nprint(3)\n').map(
      (chunk): GatedChunk =>
        chunk.id === 1 ? { ...chunk, verdict: { kind: 'deny', effect, reason: 'no "writing"' } } : chunk,
    );
    const outcome = await runProgram(kernel, '', { feed: from(chunks) });
    expect(outcome.error).toMatchObject({ ename: 'PermissionError', evalue: 'no "writing"' });
    expect(textOf(outcome)).toBe('1\n');
  });

  it('leave is asked for the effects that static analysis saw, and held ones wait', async () => {
    const effect = { class: 'write', what: 'writes', line: 2 } as const;
    const chunks = chunksOf('print(1)\nprint(2)\nprint(3)\n').map(
      (chunk): GatedChunk => (chunk.id === 1 ? { ...chunk, effects: [effect] } : chunk),
    );
    const asked: unknown[] = [];
    const { events } = await runProgram(kernel, '', {
      feed: from(chunks),
      permit: async (effect) => {
        asked.push(effect);
        return { kind: 'hold', effect, reason: 'writes' };
      },
    });
    expect(asked).toEqual([effect]);
    expect(events.at(-1)).toMatchObject({ type: 'closed', error: null });
  });
});

it('a kernel that does not run Python is refused', async () => {
  const [python = ''] = pythons;
  const other = fileURLToPath(new URL('../python/kernel_without_stdin.py', import.meta.url));
  await using kernel = embeddedKernel({
    python,
    launch: ['{python}', other, '-f', '{connection_file}', '--other-language'],
  });
  const run = firstValueFrom(kernel.run(NEVER).pipe(toArray()));
  await expect(run).rejects.toThrow(/runs scheme, not Python/);
});
