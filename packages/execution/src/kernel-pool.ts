import { lastValueFrom } from 'rxjs';
import { type Kernel, KernelError } from './kernel.js';

/** Where kernels come from: this machine, or a server. */
export interface KernelPlace<K extends Kernel = Kernel> {
  /** Starts a kernel and returns at once, as `embeddedKernel` and `remoteKernel` do. */
  readonly start: () => K;
  /** How many kernels it may have at a time, spare ones included. */
  readonly limit: number;
}

export interface KernelPoolOptions<K extends Kernel = Kernel> {
  readonly places: readonly KernelPlace<K>[];
  /** How many kernels are kept started ahead, as far as the limits allow. */
  readonly spares: number;
}

export interface AcquireOptions {
  /** Whose program it is for. Where kernels are short owners take turns, however many each of them waits for. */
  readonly owner?: string;
  /** Ends the wait: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** A kernel for one holder. Disposing of the lease ends the kernel and frees its place. */
export interface KernelLease<K extends Kernel = Kernel> extends AsyncDisposable {
  readonly kernel: K;
}

/**
 * Hands out kernels that are started ahead, from several places, each with its limit.
 *
 * A kernel is handed out once, and ends with its lease: no program ever meets what another owner's has left behind.
 * Whoever wants to run several programs on a kernel keeps the lease.
 */
export class KernelPool<K extends Kernel = Kernel> implements AsyncDisposable {
  readonly #places: readonly Place<K>[];
  readonly #spares: number;
  readonly #waiting = new FairQueue<(lease: KernelLease<K>) => void>();
  readonly #ending = new Set<Promise<void>>();
  readonly #disposal = new AbortController();

  constructor({ places, spares }: KernelPoolOptions<K>) {
    if (!places.some(({ limit }) => limit >= 1)) {
      throw new RangeError('A pool needs a place with a limit of at least one kernel: nobody would get one.');
    }
    this.#places = places.map((place) => ({ ...place, spares: new Set(), used: 0 }));
    this.#spares = spares;
    this.#startSpares();
  }

  /**
   * Resolves with a kernel, which may still be starting, when there is one for this owner.
   *
   * @throws {KernelError} when the pool is disposed of.
   */
  acquire({ owner = '', signal }: AcquireOptions = {}): Promise<KernelLease<K>> {
    const ended = AbortSignal.any([this.#disposal.signal, ...(signal ? [signal] : [])]);
    return new Promise((resolve, reject) => {
      if (ended.aborted) return reject(ended.reason);
      const leave = this.#waiting.add(owner, (lease) => {
        ended.removeEventListener('abort', giveUp);
        resolve(lease);
      });
      const giveUp = () => {
        leave();
        reject(ended.reason);
      };
      ended.addEventListener('abort', giveUp, { once: true });
      this.#serve();
      this.#startSpares();
    });
  }

  /** Ends the spare kernels and whoever waits. A kernel that is leased stays its holder's. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposal.abort(new KernelError('The pool of kernels was disposed of. Make a new one.'));
    for (const place of this.#places) {
      for (const kernel of place.spares) this.#end(place, kernel).catch(() => {});
      place.spares.clear();
    }
    await Promise.allSettled(this.#ending);
  }

  /** Gives kernels to those who wait. */
  #serve(): void {
    while (this.#waiting.size > 0) {
      const found = this.#takeSpare() ?? this.#startOne();
      if (!found) return;
      this.#waiting.next()?.(this.#lease(found));
    }
  }

  #takeSpare(): Held<K> | undefined {
    for (const place of this.#places) {
      const [kernel] = place.spares;
      if (kernel === undefined) continue;
      place.spares.delete(kernel);
      return { place, kernel };
    }
    return undefined;
  }

  /** Where there is most room, so that places fill evenly. */
  #startOne(): Held<K> | undefined {
    const room = ({ used, limit }: Place<K>) => (limit - used) / limit;
    const [place] = this.#places.filter(({ used, limit }) => used < limit).sort((a, b) => room(b) - room(a));
    if (!place) return undefined;
    place.used += 1;
    return { place, kernel: place.start() };
  }

  /**
   * Called when a kernel is asked for and when one is given back, but not when a spare one dies: where none can be had,
   * as on a server that is down, that would go on for ever.
   */
  #startSpares(): void {
    if (this.#disposal.signal.aborted) return;
    const spare = () => this.#places.reduce((sum, { spares }) => sum + spares.size, 0);
    while (spare() < this.#spares) {
      const started = this.#startOne();
      if (!started) return;
      const { place, kernel } = started;
      place.spares.add(kernel);
      const drop = () => {
        if (place.spares.delete(kernel)) this.#end(place, kernel).catch(() => {});
      };
      // An error is that of its start; the next kernel has it, too, and tells whoever uses that.
      lastValueFrom(kernel.status$).then(drop, drop);
    }
  }

  #lease({ place, kernel }: Held<K>): KernelLease<K> {
    let end: Promise<void> | undefined;
    return {
      kernel,
      [Symbol.asyncDispose]: () => {
        end ??= this.#end(place, kernel).finally(() => this.#startSpares());
        return end;
      },
    };
  }

  /** A place is free when its kernel is gone: a server counts those that are leaving. */
  #end(place: Place<K>, kernel: K): Promise<void> {
    const ending = Promise.resolve(kernel[Symbol.asyncDispose]()).finally(() => {
      this.#ending.delete(ending);
      place.used -= 1;
      this.#serve();
    });
    this.#ending.add(ending);
    return ending;
  }
}

interface Place<K> {
  readonly start: () => K;
  readonly limit: number;
  readonly spares: Set<K>;
  /** Kernels that are spare, leased, or leaving. */
  used: number;
}

interface Held<K> {
  readonly place: Place<K>;
  readonly kernel: K;
}

/** First come, first served for each owner; and the owners take turns. */
class FairQueue<T> {
  /** The owner whose turn it is comes first. */
  readonly #owners = new Map<string, T[]>();

  get size(): number {
    return [...this.#owners.values()].reduce((sum, entries) => sum + entries.length, 0);
  }

  /** @returns a function that takes the entry out again, if it is still there. */
  add(owner: string, entry: T): () => void {
    const entries = this.#owners.get(owner) ?? [];
    entries.push(entry);
    this.#owners.set(owner, entries);
    return () => {
      const index = entries.indexOf(entry);
      if (index >= 0) entries.splice(index, 1);
      if (entries.length === 0 && this.#owners.get(owner) === entries) this.#owners.delete(owner);
    };
  }

  next(): T | undefined {
    const [turn] = this.#owners;
    if (!turn) return undefined;
    const [owner, entries] = turn;
    const entry = entries.shift();
    this.#owners.delete(owner);
    if (entries.length > 0) this.#owners.set(owner, entries);
    return entry;
  }
}
