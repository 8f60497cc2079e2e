import type { Notice } from './kernel.js';

/** Long enough for a program to put things in order when it is interrupted. */
const AGAIN_MS = 2_000;

export interface EscalationOptions {
  /** May reject; the kernel is gone then, or will be asked again. */
  readonly interrupt: () => Promise<void>;
  /** Called once, when patience has run out. */
  readonly giveUp: (waitedMs: number) => void;
  /** From the first interrupt; undefined for a caller who waits for ever. */
  readonly patienceMs: number | undefined;
  readonly notify: (notice: Notice) => void;
}

/**
 * Interrupts a program with growing insistence until it has ended, and says so at each step.
 *
 * Interrupts are repeated, because a program can ignore one, and because a signal that arrives between two steps of the
 * kernel is lost.
 */
export class Escalation implements Disposable {
  readonly #options: EscalationOptions;
  #again: ReturnType<typeof setInterval> | undefined;
  #patience: ReturnType<typeof setTimeout> | undefined;

  constructor(options: EscalationOptions) {
    this.#options = options;
  }

  /** Interrupts now, and from now on. May be called again, which interrupts once more. */
  async start(): Promise<void> {
    if (this.#again === undefined) this.#begin();
    await this.#interrupt();
  }

  /** The program has ended. */
  [Symbol.dispose](): void {
    clearInterval(this.#again);
    clearTimeout(this.#patience);
  }

  #begin(): void {
    const { giveUp, patienceMs, notify } = this.#options;
    notify({ type: 'interrupting', message: 'Interrupting the program …' });
    let waitedMs = 0;
    this.#again = setInterval(() => {
      waitedMs += AGAIN_MS;
      notify({
        type: 'interrupting',
        message: `The program still runs ${waitedMs / 1000} s after the interrupt. Interrupting it again …`,
      });
      void this.#interrupt();
    }, AGAIN_MS);
    if (patienceMs === undefined) return;
    this.#patience = setTimeout(() => {
      clearInterval(this.#again);
      giveUp(patienceMs);
    }, patienceMs);
  }

  /** One that fails because the kernel is gone says nothing new. */
  async #interrupt(): Promise<void> {
    await this.#options.interrupt().catch(() => {});
  }
}
