import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * A control group with little memory and no swap. What its processes need beyond that has the system kill one of them, and
 * nobody else. It goes when it is disposed of, by which time its processes have to be gone.
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html#memory
 */
export class MemoryGroup implements Disposable {
  readonly #folder: string;

  /** @throws when groups cannot be made here; see {@link whyNoMemoryGroup} */
  constructor(maxBytes: number) {
    const [parent, files] = place();
    this.#folder = join(parent, `eager-test-${process.pid}-${Date.now()}`);
    mkdirSync(this.#folder);
    try {
      this.#write(files.max, maxBytes);
      // Absent where there is no swap to count. With it the first version counts memory, too, the second does not.
      if (existsSync(join(this.#folder, files.swap))) this.#write(files.swap, files.swapBytes(maxBytes));
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  add(pid: number): void {
    this.#write('cgroup.procs', pid);
  }

  [Symbol.dispose](): void {
    rmdirSync(this.#folder);
  }

  #write(file: string, value: number): void {
    writeFileSync(join(this.#folder, file), String(value));
  }
}

/** Why groups cannot be made here; undefined where they can. */
export function whyNoMemoryGroup(): string | undefined {
  try {
    new MemoryGroup(2 ** 30)[Symbol.dispose]();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const ROOT = '/sys/fs/cgroup';

const FIRST_VERSION = {
  max: 'memory.limit_in_bytes',
  swap: 'memory.memsw.limit_in_bytes',
  swapBytes: (maxBytes: number) => maxBytes,
};
const SECOND_VERSION = { max: 'memory.max', swap: 'memory.swap.max', swapBytes: () => 0 };

/** Where to make a group: within our own, or, in the second version, where a group with processes has no others, beside it. */
function place(): readonly [parent: string, files: typeof FIRST_VERSION] {
  const ours = readFileSync('/proc/self/cgroup', 'utf8').split('\n');
  const pathOf = (line: RegExp) =>
    ours.map((text) => line.exec(text)?.[1]).find((path) => path !== undefined);
  const first = pathOf(/^\d+:(?:.*,)?memory(?:,.*)?:(.*)$/);
  if (first !== undefined) return [existing(join(ROOT, 'memory'), first), FIRST_VERSION];
  const second = pathOf(/^0::(.*)$/);
  if (second === undefined) throw new Error('This system has no control groups.');
  return [existing(ROOT, dirname(second)), SECOND_VERSION];
}

/** In a container we may see our group as the root of all. */
function existing(root: string, path: string): string {
  return existsSync(join(root, path)) ? join(root, path) : root;
}
