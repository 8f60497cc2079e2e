import { link, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

export interface LockOptions {
  /** Called once when another process holds the lock. */
  readonly onWait: () => void;
  readonly signal?: AbortSignal | undefined;
  /** A lock that was not renewed for so long belonged to a process that was killed. */
  readonly staleAfterMs?: number;
}

/**
 * Does `work` while holding the lock file at `path`, which excludes everybody else who locks the same path.
 *
 * The holder renews the file's time, and a file that is no longer renewed is taken over. Process ids would not
 * do: containers that share a cache do not share them.
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  { onWait, signal, staleAfterMs = 10_000 }: LockOptions,
): Promise<T> {
  const token = `${process.pid}-${Math.random().toString(36).slice(2)}`;
  let waiting = false;
  while (!(await create(path, token))) {
    signal?.throwIfAborted();
    if (await isStale(path, staleAfterMs)) {
      await removeStale(path, token, staleAfterMs);
      continue;
    }
    if (!waiting) onWait();
    waiting = true;
    await sleep(staleAfterMs / 50);
  }

  const renewal = setInterval(() => utimes(path, new Date(), new Date()).catch(ignore), staleAfterMs / 10);
  try {
    return await work();
  } finally {
    clearInterval(renewal);
    const owner = await readFile(path, 'utf8').catch(ignore);
    if (owner === token) await rm(path, { force: true });
  }
}

async function create(path: string, token: string): Promise<boolean> {
  try {
    await writeFile(path, token, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

async function isStale(path: string, staleAfterMs: number): Promise<boolean> {
  const stats = await stat(path).catch(ignore);
  return stats !== undefined && Date.now() - stats.mtimeMs > staleAfterMs;
}

/** Of several that wait, one may already have replaced the stale lock by its own: that one is put back. */
async function removeStale(path: string, token: string, staleAfterMs: number): Promise<void> {
  const aside = `${path}.${token}`;
  await rename(path, aside).catch(ignore);
  if (!(await isStale(aside, staleAfterMs))) await link(aside, path).catch(ignore);
  await rm(aside, { force: true });
}

function ignore(): undefined {
  return undefined;
}
