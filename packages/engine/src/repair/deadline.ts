import type { Defeat } from './events.js';

/** Ends everything in time, or when the caller says so. */
export class Deadline {
  readonly signal: AbortSignal;
  readonly #caller: AbortSignal | undefined;
  readonly #durationMs: number | undefined;
  readonly #time = new AbortController();
  readonly #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(durationMs: number | undefined, caller: AbortSignal | undefined) {
    this.#caller = caller;
    this.#durationMs = durationMs;
    if (durationMs !== undefined) this.#timer = setTimeout(() => this.#time.abort(), durationMs);
    this.signal = AbortSignal.any([this.#time.signal, ...(caller ? [caller] : [])]);
  }

  get defeat(): Defeat | undefined {
    if (this.#caller?.aborted) {
      const { reason } = this.#caller;
      return {
        kind: 'interrupted',
        message: reason instanceof Error ? reason.message : 'It was interrupted.',
      };
    }
    if (!this.#time.signal.aborted) return undefined;
    return {
      kind: 'time',
      message: `It took more than the ${(this.#durationMs ?? 0) / 1000} s that are allowed.`,
    };
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
