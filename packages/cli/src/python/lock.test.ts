import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { withLock } from './lock.js';

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'eager-lock-'));
  path = join(directory, 'lock');
});
afterEach(() => rm(directory, { recursive: true }));

test('work under the same lock never overlaps, and the lock is removed at the end', async () => {
  let inside = 0;
  const onWait = vi.fn();
  const work = async () => {
    expect(++inside).toBe(1);
    await sleep(5);
    inside--;
  };
  await Promise.all(Array.from({ length: 5 }, () => withLock(path, work, { onWait, staleAfterMs: 500 })));
  expect(onWait).toHaveBeenCalledTimes(4);
  expect(await readdir(directory)).toEqual([]);
});

test('the lock is removed when the work fails', async () => {
  const work = () => Promise.reject(new Error('no'));
  await expect(withLock(path, work, { onWait: () => {} })).rejects.toThrow('no');
  expect(existsSync(path)).toBe(false);
});

test('one of many takes over the lock of a process that was killed', async () => {
  await writeFile(path, 'gone');
  await utimes(path, 0, 0);
  let inside = 0;
  const work = async () => {
    expect(++inside).toBe(1);
    await sleep(20);
    inside--;
  };
  await Promise.all(Array.from({ length: 4 }, () => withLock(path, work, { onWait: () => {} })));
  expect(await readdir(directory)).toEqual([]);
});

test('a holder that works longer than the limit keeps the lock', async () => {
  const order: string[] = [];
  const options = { onWait: () => order.push('waits'), staleAfterMs: 200 };
  const first = withLock(path, () => sleep(600).then(() => order.push('first')), options);
  await vi.waitFor(() => expect(existsSync(path)).toBe(true));
  const second = withLock(path, async () => order.push('second'), options);
  await Promise.all([first, second]);
  expect(order).toEqual(['waits', 'first', 'second']);
});

test('waiting ends with the reason of an abort', async () => {
  await writeFile(path, 'another');
  const controller = new AbortController();
  const onWait = () => controller.abort(new Error('enough'));
  const waiting = withLock(path, async () => 'never', { onWait, signal: controller.signal });
  await expect(waiting).rejects.toThrow('enough');
  expect(existsSync(path)).toBe(true);
});
