import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask, deny, type Effect, effects, type Policy } from '@eager/detection';
import { Timeline } from '@eager/engine';
import { embeddedKernel, type Kernel } from '@eager/execution';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { logLine } from '../../packages/cli/src/terminal/log-line.js';
import { pythons } from '../python.js';
import { OpenRun, stdoutOf, wholeRun } from './open-run.js';

describe.each(pythons)('on %s', (python) => {
  let kernel: Kernel;
  let folder: string;
  let run: OpenRun | undefined;

  beforeAll(() => {
    kernel = embeddedKernel({ python });
  });
  afterAll(() => kernel[Symbol.asyncDispose]());

  beforeEach(async () => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'gate-')));
    await wholeRun(kernel, `import os; os.chdir(${JSON.stringify(folder)})`);
  });
  afterEach(async () => {
    run?.unsubscribe();
    // Whatever happened, the next program finds the kernel as a fresh one.
    expect(stdoutOf(await wholeRun(kernel, 'print("usable")'))).toBe('usable\n');
    rmSync(folder, { recursive: true, force: true });
  });

  function start(program: string, policy: Policy = effects(), options = {}): OpenRun {
    run = new OpenRun(kernel, program, policy, options);
    return run;
  }

  /** A program that is held in its second line. */
  const HELD = 'print("before")\nopen("out.txt", "w").write("x")\nprint("after")\n';

  function isWritten(): boolean {
    return existsSync(join(folder, 'out.txt'));
  }

  describe('a statement that is held', () => {
    it('at run time stops before the effect, and goes on there when generation has ended', async () => {
      const program = [
        'for i in range(5):',
        '    print("round", i)',
        '    if i == 2:',
        '        open("out.txt", "w").write("x")',
        'print("after")\n',
      ].join('\n');
      const held = start(program);
      await held.settled();
      await held.until(({ stdout }) => stdout.endsWith('round 2\n'));
      expect(held.stdout).toBe('round 0\nround 1\nround 2\n');
      expect(isWritten()).toBe(false);
      await held.end();
      expect(held.stdout).toBe('round 0\nround 1\nround 2\nround 3\nround 4\nafter\n');
      expect(isWritten()).toBe(true);
    });

    it('keeps back what follows it, and nothing before it', async () => {
      const held = start('print("a")\nprint("b")\nopen("out.txt", "w").close()\nprint("c")\n');
      await held.settled();
      held.write('print("d")\n');
      await held.until(({ stdout }) => stdout === 'a\nb\n');
      await held.end();
      expect(held.stdout).toBe('a\nb\nc\nd\n');
    });

    it('before it starts keeps back what follows it, and nothing before it', async () => {
      const held = start('import os\nprint("a")\nos.mkfifo("out.txt")\nprint("b")\n');
      await held.settled();
      expect(held.stdout).toBe('a\n');
      expect(isWritten()).toBe(false);
      await held.end();
      expect(held.stdout).toBe('a\nb\n');
      expect(isWritten()).toBe(true);
    });

    it('does not take the time for which it was held for its own', async () => {
      const held = start(HELD);
      await held.settled();
      await new Promise((resolve) => setTimeout(resolve, 100));
      await held.end();
      const [, finished] = held.of('finished');
      expect(finished?.heldMs).toBeGreaterThan(90);
      expect(finished?.durationMs).toBeLessThan(90);
    });

    it('lets its further effects pass once generation has ended', async () => {
      const held = start('for i in range(3): open(f"{i}.txt", "w").write("x")\nprint("after")\n');
      await held.settled();
      await held.end();
      expect(held.reasons('hold')).toEqual(['writes file "0.txt" (line 1)']);
      expect(existsSync(join(folder, '2.txt'))).toBe(true);
    });
  });

  describe('the reason', () => {
    it('is in the verdict, the timeline and the log of the terminal', async () => {
      const held = start(HELD);
      await held.settled();
      const reason = 'writes file "out.txt" (line 2)';
      expect(held.reasons('hold')).toEqual([reason]);
      expect(held.events.map(logLine).find((line) => line?.includes('held'))).toContain(reason);
      await held.end();
      const timeline = held.events.reduce((before, event) => before.add(event), Timeline.empty);
      expect(timeline.statements[1]?.held).toMatchObject({ reason, toMs: expect.any(Number) });
      expect(timeline.statements.map(({ held }) => held !== undefined)).toEqual([false, true, false]);
    });

    it('names the line in the function that does it', async () => {
      const held = start('def save():\n    x = 1\n    open("out.txt", "w")\n\nsave()\nprint("after")\n');
      await held.settled();
      expect(held.reasons('hold')).toEqual(['writes file "out.txt" (line 3)']);
    });
  });

  describe('what is held never happens', () => {
    it('when generation fails', async () => {
      const held = start(HELD);
      await held.settled();
      const failure = new Error('The connection to the model is lost.');
      expect(await held.fail(failure)).toBe(failure);
      expect(held.status).toBe('aborted');
    });

    it('when nobody follows the program any more', async () => {
      const held = start(HELD);
      await held.settled();
      held.unsubscribe();
    });

    it('when the program is interrupted', async () => {
      const controller = new AbortController();
      const held = start(HELD, effects(), { signal: controller.signal });
      await held.settled();
      controller.abort();
      await held.until(({ status }) => status !== undefined);
      expect(held.status).toBe('interrupted');
      expect(held.error).toMatch(/^KeyboardInterrupt/);
    });

    it.each(['statement', 'effect'])('when another program takes its place: a held %s', async (what) => {
      const program = what === 'statement' ? 'import os\nos.mkfifo("out.txt")\nprint("after")\n' : HELD;
      const replaced = start(program);
      await replaced.settled();
      replaced.unsubscribe();
      const next = start('print("instead")\nprint("done")\n');
      await next.settled();
      await next.end();
      expect(next.stdout).toBe('instead\ndone\n');
    });

    afterEach(async () => {
      await wholeRun(kernel, 'pass');
      expect(isWritten()).toBe(false);
    });
  });

  describe('asking', () => {
    it.each([
      ['allow', 'before\nafter\n', true],
      ['hold', 'before\n', false],
      ['deny', 'before\n', false],
    ] as const)('with the answer %s', async (answer, stdout, written) => {
      const asked: Effect[] = [];
      const running = start(
        HELD,
        ask((effect) => {
          asked.push(effect);
          return answer;
        }),
      );
      await running.settled();
      expect(asked).toEqual([{ class: 'write', what: 'writes file "out.txt"', line: 2 }]);
      await running.until((each) => each.stdout === stdout);
      expect(isWritten()).toBe(written);
      await running.end();
      expect(isWritten()).toBe(answer !== 'deny');
      expect(running.error).toBe(
        answer === 'deny' ? 'PermissionError: not permitted: writes file "out.txt" (line 2)' : undefined,
      );
    });

    it.each([
      [
        'throws',
        () => {
          throw new Error('no terminal');
        },
        'asking failed: no terminal',
      ],
      ['rejects', () => Promise.reject(new Error('no terminal')), 'asking failed: no terminal'],
      ['never answers', () => new Promise<never>(() => {}), 'nobody answered within 0.05 s'],
    ] as const)('a callback that %s is a no, with the reason', async (_, callback, why) => {
      for (const line of ['open("out.txt", "w").write("x")\n', 'import os; os.mkfifo("out.txt")\n']) {
        const running = start(`print("before")\n${line}print("after")\n`, ask(callback, { timeoutMs: 50 }));
        await running.settled();
        await running.end();
        expect(running.error).toMatch(/^PermissionError: not permitted: .* \(line 2\)/);
        expect(running.error).toContain(why);
        expect(running.stdout).toBe('before\n');
        expect(isWritten()).toBe(false);
      }
    });
  });

  describe('denying', () => {
    it('raises an error that the program can catch', async () => {
      const denied = start(
        'try:\n    open("out.txt", "w")\nexcept PermissionError as error:\n    print(error)\nprint("after")\n',
        deny(),
      );
      await denied.settled();
      await denied.end();
      expect(denied.stdout).toBe('not permitted: writes file "out.txt" (line 2)\nafter\n');
      expect(denied.reasons('deny')).toEqual(['not permitted: writes file "out.txt" (line 2)']);
      expect(isWritten()).toBe(false);
    });
  });

  describe('nobody is asked', () => {
    const nobody: Policy = {
      name: 'nobody',
      judge: () => ({ kind: 'run' }),
      permit: (effect) => {
        throw new Error(`asked about ${effect.what}`);
      },
    };

    it.each([
      ['an import', 'import matplotlib.pyplot, pandas, json, csv, urllib.request, sqlite3, logging\n'],
      ['a plot', 'import matplotlib.pyplot as plt\nplt.plot([1])\nplt.show()\n'],
      [
        'reading',
        'import os, pathlib\nopen(os.__file__).read()\npathlib.Path(".").resolve()\nos.listdir()\n',
      ],
      ['output', 'import sys\nprint(1)\nprint(2, file=sys.stderr)\ndisplay(3)\nsys.stdout.flush()\n'],
      ['an error', 'try:\n    1/0\nexcept ZeroDivisionError:\n    import traceback; traceback.print_exc()\n'],
      ['a sleep', 'import time\ntime.sleep(0.001)\n'],
      ['an await', 'import asyncio\nawait asyncio.gather(*[asyncio.sleep(0.001) for _ in range(3)])\n'],
      [
        'a progress bar',
        'try:\n    from tqdm import tqdm\nexcept ImportError:\n    tqdm = list\nfor _ in tqdm(range(3)): pass\n',
      ],
    ])('for %s', async (_, program) => {
      const running = start(`${program}print("after")\n`, nobody);
      await running.settled();
      await running.end();
      expect(running.error).toBeUndefined();
      expect(running.stdout).toMatch(/after\n$/);
    });

    it('for the first plot of a new user', async () => {
      const home = join(folder, 'new-home');
      mkdirSync(home);
      const env = { HOME: home, XDG_CACHE_HOME: '', XDG_CONFIG_HOME: '', MPLCONFIGDIR: '' };
      await using kernel = embeddedKernel({ python, env });
      const program = 'import matplotlib.pyplot as plt\nplt.plot([1])\nprint("after")\n';
      const running = new OpenRun(kernel, program, nobody);
      await running.settled();
      await running.end();
      expect(running.error).toBeUndefined();
      expect(running.stdout).toMatch(/after\n$/);
      expect(readdirSync(home)).not.toEqual([]);
    });
  });

  describe('a thread', () => {
    it('is held at its birth', async () => {
      const program =
        'import threading\nprint("before")\nthread = threading.Thread(target=print, args=("in it",))\nthread.start()\nthread.join()\nprint("after")\n';
      const held = start(program);
      await held.settled();
      await held.until(({ stdout }) => stdout === 'before\n');
      expect(held.reasons('hold')).toEqual(['starts a thread (line 4)']);
      await held.end();
      expect(held.stdout).toBe('before\nin it\nafter\n');
    });

    it('that was allowed is denied what only the main thread can ask for', async () => {
      const program = [
        'import threading',
        'def work():',
        '    try:',
        '        open("out.txt", "w")',
        '    except PermissionError as error:',
        '        print(error)',
        'thread = threading.Thread(target=work)',
        'thread.start()',
        'thread.join()',
        'print("after")\n',
      ].join('\n');
      const running = start(
        program,
        ask(({ what }) => (what === 'starts a thread' ? 'allow' : 'hold')),
      );
      await running.settled();
      await running.end();
      expect(running.stdout).toMatch(
        /^A thread writes file "out.txt" before the program is complete, and only/,
      );
      expect(running.stdout).toMatch(/after\n$/);
      expect(isWritten()).toBe(false);
    });

    it('of an earlier program is left alone', async () => {
      const earlier = [
        'import queue, threading',
        'jobs, results = queue.Queue(), queue.Queue()',
        'threading.Thread(target=lambda: results.put(jobs.get()())).start()\n',
      ].join('\n');
      await wholeRun(kernel, earlier);
      const running = start(
        'jobs.put(lambda: open("out.txt", "w").close())\n_ = results.get()\nprint("after")\n',
      );
      await running.settled();
      expect(running.held).toBeUndefined();
      expect(isWritten()).toBe(true);
      await running.end();
    });
  });

  describe('beside other hooks', () => {
    it('of the kernel, all hear of everything', async () => {
      await wholeRun(
        kernel,
        'import sys\nheard = []\nsys.addaudithook(lambda event, args: heard.append(args[0]) if event == "open" else None)',
      );
      const held = start(HELD);
      await held.settled();
      expect(held.reasons('hold')).toEqual(['writes file "out.txt" (line 2)']);
      await held.end();
      expect(stdoutOf(await wholeRun(kernel, 'print(heard.count("out.txt"))'))).toBe('1\n');
      await wholeRun(kernel, 'heard = []');
    });

    it('one that refuses is obeyed, and the kernel goes on', async () => {
      await wholeRun(
        kernel,
        [
          'import sys',
          'refuses = True',
          'def refuse(event, args):',
          '    if refuses and event == "open" and args[0] == "out.txt": raise RuntimeError("another hook")',
          'sys.addaudithook(refuse)',
        ].join('\n'),
      );
      const refused = start(HELD);
      await refused.settled();
      await refused.end();
      expect(refused.error).toBe('RuntimeError: another hook');
      expect(isWritten()).toBe(false);
      await wholeRun(kernel, 'refuses = False');
    });
  });

  // This is what "no security boundary" means. Who must not write needs a sandbox.
  it('code that takes the guard apart is not held', async () => {
    const program = [
      'import sys',
      'guard, = [module for name, module in sys.modules.items() if name.endswith(".effect_guard")]',
      'guard._active = None',
      HELD,
    ].join('\n');
    const running = start(program);
    await running.settled();
    expect(running.held).toBeUndefined();
    expect(isWritten()).toBe(true);
    await running.end();
    // The next program is guarded again.
    rmSync(join(folder, 'out.txt'));
    const next = start(HELD);
    await next.settled();
    expect(isWritten()).toBe(false);
    await next.end();
  });

  it('a task of the event loop is watched like the statement that awaits it', async () => {
    const held = start(
      'import asyncio\nprint("before")\nawait asyncio.gather(asyncio.create_subprocess_exec("touch", "out.txt"))\nprint("after")\n',
    );
    await held.settled();
    expect(held.reasons('hold')).toEqual(['runs "touch out.txt" (line 3)']);
    expect(isWritten()).toBe(false);
    await held.end();
    expect(held.error).toBeUndefined();
    expect(held.stdout).toMatch(/after\n$/);
  });

  it('a forked process does what its parent was allowed to start', async () => {
    const program =
      'import os\ndef work():\n    child = os.fork()\n    if child == 0:\n        os.mkdir("out.txt")\n        os._exit(0)\n    os.waitpid(child, 0)\nwork()\nprint("after")\n';
    const running = start(
      program,
      ask(() => 'allow'),
    );
    await running.settled();
    expect(isWritten()).toBe(true);
    await running.end();
  });

  it('the next program of the kernel is not watched if it has no gate', async () => {
    const held = start(HELD);
    await held.settled();
    await held.end();
    expect(stdoutOf(await wholeRun(kernel, 'print(open("more.txt", "w").write("x"))'))).toBe('1\n');
    const threads =
      'import threading, _thread\nprint(threading._start_new_thread is _thread.start_new_thread)';
    expect(stdoutOf(await wholeRun(kernel, threads))).toBe('True\n');
  });
});
