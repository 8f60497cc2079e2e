import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { python as mainPython, pythons } from '../../../test/python.js';
import { ForkServer } from './embedded/index.js';
import { embeddedKernel } from './embedded-kernel.js';
import type { Kernel } from './kernel.js';
import { type Feed, type Outcome, runProgram, runSerially } from './program.fixture.js';

const programs = readFileSync(new URL('programs.txt', import.meta.url), 'utf8')
  .split(/^## /m)
  .slice(1)
  .map((text) => {
    const [, name = '', program = ''] = /^(.*)\n([\s\S]*)$/.exec(text) ?? [];
    return { name, program: `${program.trimEnd()}\n`.replace('␄\n', '') };
  });

/** What a program leaves to the next one: its text, its value, its names, and what the next cell would find. */
const AFTERWARDS = `
import builtins, getpass, json, linecache, re, signal, sys, threading, warnings
_shell = get_ipython()
def _text(value):
    try:
        return repr(value)
    except RuntimeError as error:
        return f"no representation: {error}"
for _state in (
    sorted(set(dir()) - {"_state", "_shell"}), In[-2], _i, _text(globals().get("_")), {n: _text(v) for n, v in Out.items()}, _ih is In,
    _shell.history_manager.input_hist_raw[-2], _shell.execution_count,
    _shell.ast_node_interactivity, _shell.custom_exceptions, _shell.keepkernel_on_exit, "ask_exit" in vars(_shell),
    builtins.input.__qualname__ if hasattr(builtins, "input") else None, getpass.getpass.__qualname__,
    sys.displayhook is _shell.displayhook, sys.stdout.__class__.__name__, sys.stdout.flush_interval,
    sys.stderr.flush_interval, signal.getsignal(signal.SIGINT).__qualname__,
    [name for name in threading.enumerate() if "eager" in name.name],
):
    builtins.print(_state)
_shell.compile.reset_compiler_flags()
`;

describe.each(pythons)('on %s, a streamed cell gives what a plain cell gives', (python) => {
  let plain: Kernel;
  /** What a plain cell gives must not depend on how its kernel was made, either. */
  let forked: Kernel;
  let forkServer: ForkServer;
  const streamed = new Map<Feed, Kernel>();

  beforeAll(async () => {
    // The oldest ipykernel comes without data packages.
    const preload = python === mainPython ? ['pandas', 'matplotlib.pyplot'] : ['asyncio', 'sqlite3'];
    forkServer = new ForkServer({ python, preload });
    forked = embeddedKernel({ python, forkServer });
    plain = embeddedKernel({ python });
    streamed.set('at once', embeddedKernel({ python }));
    streamed.set('one by one', embeddedKernel({ python }));
    await Promise.all([plain, forked, ...streamed.values()].map((kernel) => runSerially(kernel, 'pass')));
  });
  afterAll(async () => {
    for (const kernel of [plain, forked, ...streamed.values()]) await kernel[Symbol.asyncDispose]();
    await forkServer[Symbol.asyncDispose]();
  });

  // All kernels run the same programs, so that execution counts agree, too.
  it.each(programs.map(({ name, program }) => [name, program] as const))('%s', async (_, program) => {
    const expected = await runSerially(plain, program);
    const after = await runSerially(plain, AFTERWARDS);
    expect.soft(comparable(await runSerially(forked, program)), 'forked').toEqual(comparable(expected));
    expect.soft(comparable(await runSerially(forked, AFTERWARDS)), 'after forked').toEqual(comparable(after));
    expect.soft(after.error).toBeNull();
    for (const [feed, kernel] of streamed) {
      const outcome = await runProgram(kernel, program, { feed });
      const outcomeAfter = await runSerially(kernel, AFTERWARDS);
      expect.soft(comparable(outcome), feed).toEqual(comparable(expected));
      expect.soft(comparable(outcomeAfter), `after ${feed}`).toEqual(comparable(after));
    }
  });
});

/** What may differ: names of files that stand for a cell, by process and hash. */
const INCIDENTAL: readonly (readonly [RegExp, string])[] = [
  [/\S*ipykernel_\d+\/\d+\.py/g, '<cell>'],
  [/\(\d+\.py, line/g, '(<cell>, line'],
  // IPython compiles a plain cell once more than it must, only to see whether it awaits.
  [/(<>:\d+: .*\n)\1/g, '$1'],
];

function comparable({ outputs, error }: Outcome): unknown {
  return JSON.parse(JSON.stringify({ outputs, error }), (_, value: unknown) =>
    typeof value === 'string'
      ? INCIDENTAL.reduce((text, [pattern, name]) => text.replace(pattern, name), value)
      : value,
  );
}
