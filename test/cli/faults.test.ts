import { describe, expect, test } from 'vitest';
import { jsonLines, nothing, Playground } from './eager.js';
import { endOf, expectRunLines, ofType } from './events.js';

describe('a kernel that dies ends the command with exit code 1 and one message', () => {
  test.each([
    ['killed', 'os.kill(os.getpid(), 9)', /^eager: The kernel was killed by SIGKILL, .*\n$/],
    ['exited', 'os._exit(3)', /^eager: The kernel ended with exit code 3; .*\n$/],
    [
      'crashed',
      '__import__("ctypes").string_at(0)',
      /^eager: The kernel was killed by SIGSEGV; .*\nIts last words:\nFatal Python error: Segmentation fault\n/,
    ],
  ])('%s', async (_, statement, message) => {
    const playground = new Playground({
      'p.py': `import os\nprint("kept", flush=True)\n${statement}\nprint(2)\n`,
    });
    const { code, stdout, stderr } = await playground.run(['run', 'p.py', '--json', '--save', 'p.ipynb']);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    const lines = expectRunLines(jsonLines(stdout));
    expect(endOf(lines)).toMatchObject({ status: 'aborted' });
    expect(ofType(lines, 'output').map(({ output }) => output)).toEqual([
      { output_type: 'stream', name: 'stdout', text: 'kept\n' },
    ]);
    expect(playground.leftovers()).toEqual(nothing);
  });
});

describe('--statement-timeout', () => {
  test('interrupts a statement that runs for too long, and keeps what there was', async () => {
    const playground = new Playground({
      'p.py':
        'import time\n\nfor i in range(100):\n    print(i, flush=True)\n    time.sleep(0.1)\nprint("never")\n',
    });
    const run = await playground.run(['run', 'p.py', '--statement-timeout', '0.5', '--json']);
    expect(run).toMatchObject({
      code: 1,
      stderr: `eager: Interrupting the program …
eager: The statement in line 3 ran for more than 0.5 s and was interrupted. Allow it more time, or less work.
`,
    });
    const lines = expectRunLines(jsonLines(run.stdout));
    expect(endOf(lines)).toMatchObject({ status: 'interrupted' });
    expect(ofType(lines, 'error')).toMatchObject([{ ename: 'KeyboardInterrupt', line: 3 }]);
    expect(ofType(lines, 'output').length).toBeGreaterThan(1);
  });

  test('counts neither the wait for the model nor that of the gate', async () => {
    const playground = new Playground({ 'p.py': 'open("f", "w").close()\nx = 1\n' });
    // At one token a second the first statement is held for seconds.
    const args = ['run', 'p.py', '--rate', '4', '--statement-timeout', '1', '--json'];
    const { code, stdout } = await playground.run(args);
    const lines = expectRunLines(jsonLines(stdout));
    expect(endOf(lines).generationMs).toBeGreaterThan(2_000);
    expect(ofType(lines, 'verdict').map(({ kind }) => kind)).toContain('hold');
    expect(code).toBe(0);
  });

  test('makes no sense in a serial run', async () => {
    const playground = new Playground({ 'p.py': 'x = 1\n' });
    const { code, stderr } = await playground.run(['run', 'p.py', '--serial', '--statement-timeout', '1']);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'eager: A serial run is one statement to the kernel: use --timeout instead.\n',
    });
  });
});

test('--timeout includes the wait for the model', async () => {
  const playground = new Playground();
  const run = playground.start(['run', '-', '--timeout', '3'], { input: 'open' });
  run.write('print("up")\n');
  const { code, stderr } = await run.finished;
  expect(code).toBe(1);
  expect(stderr).toMatch(/eager: The run was interrupted after 3 s, as --timeout says\./);
});

test('--max-output leaves out what exceeds it, and the error still comes', async () => {
  const playground = new Playground({ 'p.py': 'for i in range(100): print("x" * 99_999)\n\n1 / 0\n' });
  const { code, stdout, stderr } = await playground.run(['run', 'p.py', '--max-output', '2']);
  expect(code).toBe(3);
  expect(stdout.length).toBeGreaterThan(1_900_000);
  expect(stdout.length).toBeLessThanOrEqual(2_000_000);
  expect(stderr).toMatch(
    /\[eager: the output of this run exceeds 2\.0 MB; what exceeds it is left out\..*--max-output MB/,
  );
  expect(stderr).toMatch(/\[eager: truncated: 8\.\d MB of text left out\.\]/);
  expect(stderr).toMatch(/ZeroDivisionError/);
});
