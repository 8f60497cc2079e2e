import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Token } from '@eager/generation';
import { describe, expect, test } from 'vitest';
import { CONTENDERS, type ContenderName } from '../contenders/index.js';
import { environmentsFor, refill, startEnvironment } from './index.js';

const python = process.env.EAGER_PYTHON ?? 'python3';

const PROGRAM: readonly Token[] = [
  { text: 'text = open("note.txt").read()\n', atMs: 0 },
  { text: 'print(text)\n', atMs: 5 },
  { text: 'print(sorted(__import__("os").listdir(".")))\n', atMs: 10 },
];

// The server without delay is the one behind the proxy.
const names = environmentsFor(python).filter((name) => name !== 'server');

describe.each(names)('in the environment %s', (name) => {
  const contenders: readonly ContenderName[] =
    name === 'delayed-server'
      ? ['serial', 'eager', 'request-per-batch', 'stock-client']
      : name === 'embedded'
        ? ['serial', 'eager', 'request-per-batch', 'paper-recipe']
        : ['serial', 'eager'];

  test('each contender runs a program beside its files, and nothing else', { timeout: 90_000 }, async () => {
    await using environment = await startEnvironment(name, python);
    const note = join(environment.folder, '..', 'note.txt');
    writeFileSync(note, 'hello');
    const printed: Record<string, unknown> = {};
    for (const contender of contenders) {
      writeFileSync(join(environment.folder, 'left.txt'), 'by another program');
      refill(environment.folder, [note]);
      await using session = await CONTENDERS[contender].open(environment);
      const { status, outputs } = await session.run(PROGRAM);
      printed[contender] = [status, ...outputs.flatMap(({ text }) => text ?? [])].join('\n');
    }
    const expected = "ok\nhello\n['note.txt']\n";
    expect(printed).toEqual(Object.fromEntries(contenders.map((contender) => [contender, expected])));
  });
});

test('a kernel that refuses stdin takes a program in several requests', { timeout: 60_000 }, async () => {
  await using environment = await startEnvironment('embedded', python);
  await using kernel = environment.openKernel('refused');
  const notices: string[] = [];
  kernel.notices$.subscribe(({ type }) => notices.push(type));
  await using session = await CONTENDERS['request-per-batch'].open({
    ...environment,
    openKernel: () => kernel,
  });
  refill(environment.folder, []);
  await session.run([{ text: 'x = 1\nprint(x)\n', atMs: 0 }]);
  expect(notices).toContain('limited');
});
