import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { jsonLines, nothing, Playground, type Running } from './eager.js';
import { endOf, expectRunLines } from './events.js';

const programs = {
  'sleep.py': 'import time\nprint("up", flush=True)\ntime.sleep(60)\n',
  'loop.py': 'print("up", flush=True)\nwhile True: pass\n',
  'await.py': 'import asyncio\nprint("up", flush=True)\nawait asyncio.sleep(60)\n',
  // Its argument lets the child be found.
  'child.py': `import subprocess, sys, tempfile
print("up", flush=True)
subprocess.run([sys.executable, "-c", "import time; time.sleep(60)", tempfile.gettempdir()])
`,
  'stubborn.py': `import time
word = "up"
while True:
    try:
        print(word, end="\\n" if word else "", flush=True); word = ""
        time.sleep(60)
    except KeyboardInterrupt:
        print("no", flush=True)
`,
};

const isUp = (run: Running) => run.stdoutHolds('up\n');
const isUpInJson = (run: Running) => run.stdoutHolds('"text":"up\\n"');
const isUpInComparison = (run: Running) => run.stderrHolds('up\n');

describe('one Ctrl-C ends the command in order', () => {
  test.each<[what: string, args: string[], isThere: (run: Running) => Promise<void>]>([
    ['while a statement sleeps', ['run', 'sleep.py'], isUp],
    ['while a statement loops', ['run', 'loop.py'], isUp],
    ['while a statement awaits', ['run', 'await.py'], isUp],
    ['while a child process runs', ['run', 'child.py'], isUp],
    ['in a serial run', ['run', '--serial', 'sleep.py'], isUp],
    ['in a comparison', ['compare', 'loop.py', '--rate', '1000'], isUpInComparison],
  ])('%s', async (_, args, isThere) => {
    const playground = new Playground(programs);
    const run = playground.start(args);
    await isThere(run);
    await endsAfter('SIGINT', run, 130);
    expect(playground.leftovers()).toEqual(nothing);
  });

  test('while standard input says nothing', async () => {
    const playground = new Playground();
    const run = playground.start(['run', '-'], { input: 'open' });
    run.write('print("up")\nfor i in range(3):\n');
    await isUp(run);
    await endsAfter('SIGINT', run, 130);
    expect(playground.leftovers()).toEqual(nothing);
  });

  test('while segment waits for standard input', async () => {
    const run = new Playground().start(['segment', '-'], { input: 'open' });
    run.write('x = 1\n');
    await delay(1000); // There is no sign of its waiting.
    const { stdout } = await endsAfter('SIGINT', run, 130);
    expect(stdout).toBe('');
  });

  test.each([
    ['run', ['run', 'sleep.py']],
    ['compare', ['compare', 'sleep.py']],
  ])('while the kernel of %s starts', async (_, args) => {
    const playground = new Playground(programs);
    const run = playground.start(args);
    await run.until(() => playground.processes().length > 0, 'a kernel');
    await endsAfter('SIGINT', run, 130);
    expect(playground.leftovers()).toEqual(nothing);
  });

  test('and --json still ends with the line that says so', async () => {
    const run = new Playground(programs).start(['run', 'sleep.py', '--json']);
    await isUpInJson(run);
    const { stdout, stderr } = await endsAfter('SIGINT', run, 130);
    expect(stderr).toBe('eager: Interrupting the program …\n');
    expect(endOf(expectRunLines(jsonLines(stdout)))).toMatchObject({ status: 'interrupted', statements: 3 });
  });

  test('so does SIGTERM, with its own exit code', async () => {
    const playground = new Playground(programs);
    const run = playground.start(['run', 'sleep.py', '--save', 'nb.ipynb']);
    await isUp(run);
    await endsAfter('SIGTERM', run, 143);
    expect(playground.leftovers()).toEqual(nothing);
  });
});

describe('a program that ignores interrupts', () => {
  test('a second Ctrl-C ends the command at once', async () => {
    const playground = new Playground(programs);
    const run = playground.start(['run', 'stubborn.py']);
    await isUp(run);
    run.kill('SIGINT');
    await run.stdoutHolds('no\n');
    await delay(600); // Until then a second signal counts as the same key.
    run.kill('SIGINT');
    const { code } = await run.finished;
    expect(code).toBe(130);
    // Nobody has waited for what was killed.
    await expect.poll(() => playground.leftovers()).toEqual(nothing);
  });

  test.each([
    ['run', ['run', 'stubborn.py'], isUp],
    ['compare', ['compare', 'stubborn.py', '--rate', '1000'], isUpInComparison],
  ] as const)('is ended all the same, after some seconds: %s', async (_, args, isThere) => {
    const playground = new Playground(programs);
    const run = playground.start(args);
    await isThere(run);
    const { stderr } = await endsAfter('SIGINT', run, 130);
    expect(steps(stderr)).toEqual(STEPS);
    expect(playground.leftovers()).toEqual(nothing);
  });

  test('by --timeout too, which then is the reason that is given', async () => {
    const playground = new Playground(programs);
    const run = await playground.run(['run', 'stubborn.py', '--timeout', '4', '--json']);
    expect(run.code).toBe(1);
    expect(steps(run.stderr)).toEqual([...STEPS, expect.stringContaining('as --timeout says')]);
    expect(endOf(expectRunLines(jsonLines(run.stdout)))).toMatchObject({ status: 'interrupted' });
    expect(playground.leftovers()).toEqual(nothing);
  });
});

/** What a user is told meanwhile. */
const STEPS = [
  'Interrupting the program …',
  'The program still runs 2 s after the interrupt. Interrupting it again …',
  'The program still runs 4 s after the interrupt. Interrupting it again …',
  'The program did not end within 5 s of being interrupted, so its kernel was killed; all its variables are lost. ' +
    'Start a new kernel to run it again.',
];

function steps(stderr: string): string[] {
  return stderr
    .split('\n')
    .filter((line) => line.startsWith('eager: '))
    .map((line) => line.slice('eager: '.length));
}

/** A hang is what the limit of the test is for; how fast it went is no subject of a test. */
async function endsAfter(signal: NodeJS.Signals, run: Running, code: number) {
  run.kill(signal);
  const finished = await run.finished;
  expect(finished.code, finished.stderr).toBe(code);
  expect(finished.stderr).not.toMatch(/ at .*\.js:\d+/); // no stack of ours
  return finished;
}
