import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { runSubprocess } from './subprocess.js';

const { env } = process;
const node = process.execPath;

test('collects what a command prints, stdout also by itself', async () => {
  const script = 'console.log("out"); console.error("err"); process.exitCode = 3';
  const result = await runSubprocess([node, '-e', script], { env });
  expect(result).toMatchObject({ status: 'exited', code: 3, stdout: 'out\n' });
  expect(result.output).toContain('err\n');
});

test('a command that does not exist is a value', async () => {
  expect(await runSubprocess(['./no-such-command'], { env })).toMatchObject({ status: 'not-started' });
});

test('after an abort nothing is started', async () => {
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(runSubprocess([node, '-e', '1'], { env, signal })).rejects.toThrow('enough');
});

// The parent ignores SIGTERM and shares its stdout with a child of its own.
const FAMILY = `
  const { spawn } = require('node:child_process');
  process.on('SIGTERM', () => {});
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
  require('node:fs').writeFileSync(process.env.PIDS, process.pid + ' ' + child.pid);
  setInterval(() => {}, 1000);
`;

test.skipIf(process.platform === 'win32')('an abort ends the whole group before it rejects', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'eager-subprocess-'));
  const PIDS = join(directory, 'pids');
  const controller = new AbortController();
  const options = { env: { ...env, PIDS }, signal: controller.signal };
  const family = runSubprocess([node, '-e', FAMILY], options).catch((error: unknown) => error);

  let pids = '';
  while (!/\d+ \d+/.test(pids)) {
    await sleep(10);
    pids = await readFile(PIDS, 'utf8').catch(() => '');
  }
  controller.abort(new Error('enough'));
  expect(await family).toEqual(new Error('enough'));
  // An orphan that has ended keeps its process id until init collects it, which some do every few seconds.
  for (const pid of pids.split(' ')) {
    await vi.waitFor(() => expect(() => process.kill(Number(pid), 0)).toThrow('ESRCH'), { timeout: 10_000 });
  }
  await rm(directory, { recursive: true });
});
