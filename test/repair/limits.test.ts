import { embeddedKernel, KernelPool } from '@eager/execution';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { modelServer } from '../models/model-server.js';
import { python } from '../python.js';
import { answers, endOf, only, Workshop } from './workshop.js';

/** When a repair ends, what it costs, and what it never does. */

let workshop: Workshop;
beforeAll(() => {
  workshop = new Workshop();
});
afterAll(() => workshop[Symbol.asyncDispose]());

describe('a repair ends', () => {
  test('when the same error has come back three times', async () => {
    const solved = await workshop.solve(answers(Array(5).fill('x = {}\nx["a"]\n')), {
      limits: { attempts: 5 },
    });
    const end = endOf(solved);
    expect(end).toMatchObject({ type: 'failed', reason: { kind: 'same error' } });
    expect(end.type === 'failed' && end.reason.message).toMatch(
      /came back 3 times: KeyError: 'a' \(line 2\)/,
    );
    expect(end.attempts).toHaveLength(3);
  });

  test('when there may be no more attempts', async () => {
    const solved = await workshop.solve(answers(['a\n', 'b\n', 'c\n']), { limits: { attempts: 2 } });
    expect(endOf(solved)).toMatchObject({ type: 'failed', reason: { kind: 'attempts' } });
    expect(solved.requests).toHaveLength(2);
  });

  test('when the model has no repair', async () => {
    const script = `${answers(['x\n'])}\n=== answer\n\nThere is no x.\n`;
    const solved = await workshop.solve(script);
    expect(endOf(solved)).toMatchObject({
      ...{ type: 'failed', reason: { kind: 'no repair' }, answer: 'There is no x.\n' },
      attempts: [{ outcome: 'error' }, { outcome: 'no code' }],
    });
    expect(solved.error).toBeUndefined();
  });

  test('when the tokens are used up', async () => {
    const solved = await workshop.solve(answers(['a\n', 'b\n']), { limits: { outputTokens: 5 } });
    expect(endOf(solved)).toMatchObject({ type: 'failed', reason: { kind: 'tokens' } });
    expect(solved.requests).toMatchObject([{ max_tokens: 5 }]);
  });

  test('in time, whoever is at work', async () => {
    await using server = await modelServer(() => ({ steps: ['hang'] }));
    const solved = await workshop.solveWith(server, { limits: { durationMs: 100 } });
    expect(endOf(solved)).toMatchObject({ type: 'failed', reason: { kind: 'time' } });
    expect(solved.error).toBeUndefined();
  });

  test('when its caller says so', async () => {
    const controller = new AbortController();
    await using server = await modelServer(() => {
      controller.abort(new Error('Enough.'));
      return { steps: ['hang'] };
    });
    const solved = await workshop.solveWith(server, { signal: controller.signal });
    expect(endOf(solved)).toMatchObject({
      type: 'failed',
      reason: { kind: 'interrupted', message: 'Enough.' },
    });
  });

  test('when the model gives no whole answer', async () => {
    const solved = await workshop.solve('=== answer\ncut-after: 20\n\n```python\nprint(1)\nprint(2)\n```\n');
    expect(endOf(solved)).toMatchObject({ type: 'failed', reason: { kind: 'model' } });
    expect(solved.error).toMatchObject({ name: 'ModelError', kind: 'cut' });
  });

  test('once, also when the model fails in a repair', async () => {
    const script = `${answers(['x\n'])}\n=== answer\nstatus: 400\n\nNo more.\n`;
    const solved = await workshop.solve(script);
    expect(only(solved, 'failed')).toMatchObject([{ attempt: 2, reason: { kind: 'model' } }]);
    expect(endOf(solved).attempts).toMatchObject([{ outcome: 'error' }, { outcome: 'broken off' }]);
    expect(solved.error).toMatchObject({ name: 'ModelError', kind: 'bad-request' });
  });

  test('when the kernel is lost and what happened must not happen again', async () => {
    const program = 'open("log.txt", "a").write("x")\nimport ctypes\nctypes.string_at(0)\n';
    const solved = await workshop.solve(answers([program, program]));
    expect(endOf(solved)).toMatchObject({ type: 'failed', reason: { kind: 'state lost' } });
    expect(solved.files).toEqual({ 'log.txt': 'x' });
    expect(solved.requests).toHaveLength(1);
  });
});

describe('an error', () => {
  const rest = 'print("never")\n'.repeat(80);

  test('closes the response at once, where the policy says so', async () => {
    const script = answers([`x = 1\nx["a"]\n${rest}`, 'print(x)\n'], 'rate: 100');
    const solved = await workshop.solve(script);
    const end = endOf(solved);
    expect(end.attempts).toMatchObject([{ wasStopped: true, outcome: 'error' }, { outcome: 'ok' }]);
    expect(solved.wereClosed).toEqual([true, false]);
    expect(end.attempts[0]?.outputTokens).toBeLessThan(rest.length / 8);
    expect(only(solved, 'decision')).toMatchObject([{ decision: { stop: 'now', by: 'resume' } }]);
  });

  test('lets the model finish, where the policy says so', async () => {
    const script = answers(
      [`x = 1\nassert x == 2\n${rest.slice(0, 150)}`, 'x = 2\nassert x == 2\n'],
      'rate: 100',
    );
    const end = endOf(await workshop.solve(script));
    expect(end.attempts).toMatchObject([
      { wasStopped: false, outcome: 'error' },
      { outcome: 'ok', by: 'restart' },
    ]);
  });

  test('that the program catches is none', async () => {
    const solved = await workshop.solve(
      answers(['try:\n    1 / 0\nexcept ZeroDivisionError:\n    print("ok")\n']),
    );
    expect(endOf(solved)).toMatchObject({ type: 'solved', attempts: [{ outcome: 'ok' }] });
  });
});

test('a program that would repeat an effect does not run, and the model is asked for the rest', async () => {
  const first = 'n = 1\nopen("log.txt", "a").write("once")\nprint(missing)\n';
  const anew = 'n = 2\nopen("log.txt", "a").write("once")\nprint(n)\n';
  const solved = await workshop.solve(answers([first, anew, 'print(n)\n']), { repairBy: 'restart' });
  expect(endOf(solved).attempts).toMatchObject([
    { outcome: 'error' },
    { outcome: 'not run' },
    { outcome: 'ok' },
  ]);
  expect(solved.files).toEqual({ 'log.txt': 'once' });
  expect(JSON.stringify(solved.requests[2]?.messages)).toMatch(/was not run: .*writes file/);
});

test.each([
  ['while the answer is written', 'rate: 60'],
  ['when it is complete', ''],
])('an effect that only the kernel sees, %s, does not happen twice', async (_when, settings) => {
  const note = 'def note(text):\n    with open("log.txt", "a") as file: file.write(text)\n';
  await using shop = new Workshop({ 'shop.py': Buffer.from(note) });
  const programs = ['n = 1', 'n = 2'].map(
    (line) => `import shop\n${line}\nshop.note("once")\nprint(missing)\n`,
  );
  const solved = await shop.solve(answers([...programs, 'print(n)\n'], settings), { repairBy: 'restart' });
  expect(solved.files).toMatchObject({ 'log.txt': 'once' });
  expect(endOf(solved).attempts).toMatchObject([
    { outcome: 'error' },
    { outcome: 'not run' },
    { outcome: 'ok' },
  ]);
});

test('a program from its start runs on a kernel of a pool, which gets its place back', async () => {
  const places = [{ start: () => embeddedKernel({ python }), limit: 1 }];
  await using pool = new KernelPool({ places, spares: 1 });
  const script = answers(['n = 1\nprint(missing)\n', 'n = 2\nprint(n)\n']);
  const solved = await workshop.solve(script, { repairBy: 'restart', freshKernel: () => pool.acquire() });
  expect(endOf(solved)).toMatchObject({ type: 'solved', program: 'n = 2\nprint(n)\n' });
  expect(only(solved, 'kernel')).toMatchObject([{ isFresh: true, kept: 0 }]);
  await using _next = await pool.acquire();
});

test('a whole program that was not asked for does not run again what ran', async () => {
  const first = 'n = [1]\nn.append(2)\nprint(len(m))\n';
  const solved = await workshop.solve(answers([first, 'n = [1]\nn.append(2)\nprint(len(n))\n']), {
    repairBy: 'resume',
  });
  expect(only(solved, 'kernel')).toMatchObject([{ isFresh: false, kept: 2 }]);
  expect(endOf(solved)).toMatchObject({ type: 'solved', program: 'n = [1]\nn.append(2)\nprint(len(n))\n' });
});

test('a tool is answered by a result of the tool', async () => {
  const script = '=== answer\ntool: run_python\n\nprint(x)\n\n=== answer\ntool: run_python\n\nprint(1)\n';
  const solved = await workshop.solve(script, { form: 'tool' });
  expect(endOf(solved)).toMatchObject({ type: 'solved', program: 'print(1)\n' });
  const [, call, result] = [solved.requests[1]?.messages].flat() as Record<string, unknown>[];
  expect(call).toMatchObject({ role: 'assistant', tool_calls: [{ function: { name: 'run_python' } }] });
  expect(result).toMatchObject({ role: 'tool', content: expect.stringContaining("NameError: name 'x'") });
});
