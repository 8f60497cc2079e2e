import { cpSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { embeddedKernel, type ForkServer, type Kernel } from '../../packages/execution/src/index.js';
import { python } from '../python.js';

/** A kernel that has run nothing yet, alone in an empty folder. */
export interface FreshKernel {
  readonly kernel: Kernel;
  /** Its working directory. The names of these folders have the same length, as tables are laid out by width. */
  readonly directory: string;
}

/**
 * Hands out kernels that nobody has used, and starts the next ones ahead, because starting Python is most of what a
 * small program costs. All of them have the same hash seed, so that sets print in the same order.
 */
export class FreshKernels implements AsyncDisposable {
  readonly #ready: FreshKernel[] = [];
  readonly #leaving: Promise<unknown>[] = [];
  readonly #ahead: number;
  readonly #forkServer: ForkServer | undefined;

  /**
   * @param ahead how many kernels wait for use.
   * @param forkServer makes them, if there is one; it has to set the hash seed.
   */
  constructor(ahead = 2, forkServer?: ForkServer) {
    this.#ahead = ahead;
    this.#forkServer = forkServer;
    this.#startAhead();
  }

  /** Runs `use` with a fresh kernel that has copies of `files` in its folder. Kernel and folder are gone afterwards. */
  async with<T>(files: readonly string[], use: (fresh: FreshKernel) => Promise<T>): Promise<T> {
    const fresh = this.#ready.shift() ?? start(this.#forkServer);
    this.#startAhead();
    for (const file of files) cpSync(file, join(fresh.directory, basename(file)), { recursive: true });
    try {
      return await use(fresh);
    } finally {
      this.#leave(fresh);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const fresh of this.#ready.splice(0)) this.#leave(fresh);
    await Promise.all(this.#leaving);
  }

  #startAhead(): void {
    while (this.#ready.length < this.#ahead) this.#ready.push(start(this.#forkServer));
  }

  /** Its end takes a while, for which no program has to wait. */
  #leave(fresh: FreshKernel): void {
    this.#leaving.push(end(fresh));
  }
}

async function end({ kernel, directory }: FreshKernel): Promise<void> {
  await kernel[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
}

/** What makes sets print in the same order. */
export const SAME_HASHES = { PYTHONHASHSEED: '0' };

function start(forkServer: ForkServer | undefined): FreshKernel {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'equivalence-')));
  const options = { python, cwd: directory, env: SAME_HASHES };
  return { kernel: embeddedKernel(forkServer ? { ...options, forkServer } : options), directory };
}
