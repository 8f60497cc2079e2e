import type { Kernel, KernelLease } from '@eager/execution';

/** Gives a kernel on which nothing has run. */
export type FreshKernel = () => KernelLease | Promise<KernelLease>;

/** The kernel that programs run on, which may be replaced by another. */
export class Kernels {
  #lease: KernelLease | undefined;
  #current: Kernel;
  readonly #fresh: FreshKernel | undefined;

  constructor(first: Kernel, fresh: FreshKernel | undefined) {
    this.#current = first;
    this.#fresh = fresh;
  }

  get current(): Kernel {
    return this.#current;
  }

  async replace(): Promise<Kernel> {
    await this.end();
    const lease = await this.#fresh?.();
    if (lease) {
      this.#lease = lease;
      this.#current = lease.kernel;
    }
    return this.#current;
  }

  /** A kernel that is given up may end while the next one starts; that it does not is no matter of the program. */
  async end(): Promise<void> {
    const lease = this.#lease;
    this.#lease = undefined;
    await Promise.resolve(lease?.[Symbol.asyncDispose]()).catch(() => {});
  }
}
