import type { Chunk } from '@eager/detection';

/** A suspect that the kernel looks at. */
export interface Check {
  readonly chunk: Chunk;
  /** When it was sent, in milliseconds since the run began. */
  readonly atMs: number;
}

/**
 * What looks like a syntax error and does not run yet: of each statement the latest text, for the kernel to look at
 * while it has nothing to run. What it has begun to run is no suspect any more: that will tell.
 */
export class Suspects {
  /** By the id of the chunk that they are or will be, in the order of the program. */
  readonly #waiting = new Map<number, Chunk>();
  #check: Check | undefined;

  /** The suspect that the kernel looks at. */
  get check(): Check | undefined {
    return this.#check;
  }

  add(suspect: Chunk): void {
    this.#waiting.set(suspect.id, suspect);
  }

  /** Takes the first one after the chunk `id` to be looked at. */
  next(id: number, atMs: number): Chunk | undefined {
    for (const chunk of this.#waiting.values()) {
      this.#waiting.delete(chunk.id);
      if (chunk.id <= id) continue;
      this.#check = { chunk, atMs };
      return chunk;
    }
    return undefined;
  }

  /** The kernel has found nothing. */
  acquit(): void {
    this.#check = undefined;
  }

  /** The kernel runs what it was to look at, because it is an error. Gives the statement as far as it is known by now. */
  convict(id: number): Check | undefined {
    const check = this.#check;
    if (check?.chunk.id !== id) return undefined;
    this.#check = undefined;
    return { ...check, chunk: this.#waiting.get(id) ?? check.chunk };
  }
}
