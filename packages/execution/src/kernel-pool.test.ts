import { BehaviorSubject, NEVER } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { python } from '../../../test/python.js';
import { embeddedKernel } from './embedded-kernel.js';
import { type Kernel, KernelError, type KernelStatus } from './kernel.js';
import { KernelPool } from './kernel-pool.js';
import { runProgram, textOf } from './program.fixture.js';

/** A place whose kernels only say what becomes of them. */
class FakePlace {
  readonly limit: number;
  readonly kernels: FakeKernel[] = [];

  constructor(limit: number) {
    this.limit = limit;
  }

  readonly start = (): FakeKernel => {
    const kernel = new FakeKernel();
    this.kernels.push(kernel);
    return kernel;
  };

  get alive(): number {
    return this.kernels.filter(({ isAlive }) => isAlive).length;
  }
}

class FakeKernel implements Kernel {
  readonly status$ = new BehaviorSubject<KernelStatus>('idle');
  readonly notices$ = NEVER;
  readonly run = () => NEVER;
  readonly runWhole = () => NEVER;
  readonly interrupt = async () => {};
  isAlive = true;

  die(): void {
    this.isAlive = false;
    this.status$.next('dead');
    this.status$.complete();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.die();
  }
}

/** Lets promises that can settle do so. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('a pool of kernels', () => {
  it('starts spare kernels ahead, and another one for each that is taken', async () => {
    const place = new FakePlace(10);
    await using pool = new KernelPool({ places: [place], spares: 2 });
    expect(place.kernels).toHaveLength(2);
    const { kernel } = await pool.acquire();
    expect(kernel).toBe(place.kernels[0]);
    expect(place.kernels).toHaveLength(3);
  });

  it('hands out a kernel once', async () => {
    const place = new FakePlace(1);
    await using pool = new KernelPool({ places: [place], spares: 1 });
    const seen = new Set<Kernel>();
    for (const owner of ['a', 'b', 'a', 'a']) {
      await using lease = await pool.acquire({ owner });
      expect(seen).not.toContain(lease.kernel);
      seen.add(lease.kernel);
    }
    expect(seen.size).toBe(4);
  });

  it('never exceeds the limit of a place, and fills places evenly', async () => {
    const places = [new FakePlace(4), new FakePlace(2)];
    await using pool = new KernelPool({ places, spares: 3 });
    const leases = await Promise.all(Array.from({ length: 3 }, () => pool.acquire()));
    expect(places.map(({ alive }) => alive)).toEqual([4, 2]);
    const more = Array.from({ length: 20 }, async () => {
      const lease = await pool.acquire();
      expect(places.every(({ alive, limit }) => alive <= limit)).toBe(true);
      await lease[Symbol.asyncDispose]();
    });
    for (const lease of leases) await lease[Symbol.asyncDispose]();
    await Promise.all(more);
  });

  it('serves owners in turns, each in order', async () => {
    await using pool = new KernelPool({ places: [new FakePlace(1)], spares: 0 });
    const first = await pool.acquire();
    const served: string[] = [];
    const all = ['a1', 'a2', 'a3', 'b1', 'c1', 'b2'].map(async (name) => {
      await using _ = await pool.acquire({ owner: name.slice(0, 1) });
      served.push(name);
    });
    await first[Symbol.asyncDispose]();
    await Promise.all(all);
    expect(served).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
  });

  it('lets those who wait give up, without harm to the others', async () => {
    await using pool = new KernelPool({ places: [new FakePlace(1)], spares: 0 });
    const first = await pool.acquire();
    const controller = new AbortController();
    const impatient = pool.acquire({ signal: controller.signal });
    const patient = pool.acquire();
    controller.abort(new Error('enough'));
    await expect(impatient).rejects.toThrow('enough');
    await first[Symbol.asyncDispose]();
    await using _ = await patient;
    await expect(pool.acquire({ signal: AbortSignal.abort(new Error('never')) })).rejects.toThrow('never');
  });

  it('does not hand out a spare kernel that has died, nor start another until one is asked for', async () => {
    const place = new FakePlace(2);
    await using pool = new KernelPool({ places: [place], spares: 1 });
    place.kernels[0]?.die();
    await settled();
    expect(place.kernels).toHaveLength(1);
    const { kernel } = await pool.acquire();
    expect(kernel).toBe(place.kernels[1]);
  });

  it('does not hand out a spare kernel that could not be started', async () => {
    const place = new FakePlace(1);
    await using pool = new KernelPool({ places: [place], spares: 1 });
    place.kernels[0]?.status$.error(new KernelError('The server is down.'));
    await settled();
    const { kernel } = await pool.acquire();
    expect(kernel).toBe(place.kernels[1]);
  });

  it('ends its spare kernels and whoever waits when it is disposed of, and leaves leased ones', async () => {
    const place = new FakePlace(2);
    const pool = new KernelPool({ places: [place], spares: 2 });
    const lease = await pool.acquire();
    await pool.acquire();
    const waiting = pool.acquire();
    const disposed = pool[Symbol.asyncDispose]();
    await expect(waiting).rejects.toThrow(/pool of kernels was disposed of. Make a new one/);
    await disposed;
    await expect(pool.acquire()).rejects.toThrow(/disposed of/);
    expect(place.alive).toBe(2);
    await lease[Symbol.asyncDispose]();
    await lease[Symbol.asyncDispose]();
    expect(place.alive).toBe(1);
    expect(place.kernels).toHaveLength(2);
  });

  it('cannot be made of places that have room for no kernel', () => {
    expect(() => new KernelPool({ places: [new FakePlace(0)], spares: 1 })).toThrow(/limit of at least one/);
  });
});

it('a kernel of a pool knows nothing of the one before it', async () => {
  await using pool = new KernelPool({
    places: [{ start: () => embeddedKernel({ python }), limit: 2 }],
    spares: 1,
  });
  const pids: string[] = [];
  for (const owner of ['a', 'b']) {
    await using lease = await pool.acquire({ owner });
    const outcome = await runProgram(lease.kernel, 'import os\nprint(os.getpid(), "x" in dir())\nx = 1');
    pids.push(textOf(outcome));
  }
  expect(pids.map((text) => text.split(' ')[1])).toEqual(['False\n', 'False\n']);
  expect(new Set(pids).size).toBe(2);
});
