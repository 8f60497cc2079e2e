import type { Chunk } from '@eager/detection';
import { finalize, type MonoTypeOperatorFunction, tap } from 'rxjs';
import type { RunEvent } from './events.js';

/** A statement has run for longer than it may, and was interrupted. */
export class StatementTimeoutError extends Error {
  override readonly name = 'StatementTimeoutError';
  /** The statement. */
  readonly chunk: Chunk;
  readonly limitMs: number;

  constructor(chunk: Chunk, limitMs: number) {
    super(
      `The statement in line ${chunk.line} ran for more than ${limitMs / 1000} s and was interrupted. ` +
        'Allow it more time, or less work.',
    );
    this.chunk = chunk;
    this.limitMs = limitMs;
  }
}

/**
 * Tells when a statement has run on the kernel for too long. What it waits for does not count: a gate that holds it, or
 * the statements that the model has not written yet.
 */
export function statementTimeout(
  limitMs: number,
  onTimeout: (error: StatementTimeoutError) => void,
): MonoTypeOperatorFunction<RunEvent> {
  if (limitMs === Number.POSITIVE_INFINITY) return (events$) => events$;
  return (events$) => {
    const timer = new StatementTimer(limitMs, onTimeout);
    return events$.pipe(
      tap((event) => timer.take(event)),
      finalize(() => timer.stop()),
    );
  };
}

class StatementTimer {
  readonly #limitMs: number;
  readonly #onTimeout: (error: StatementTimeoutError) => void;
  /** The statement that the kernel runs; `sinceMs` is undefined while it is held. */
  #running: { readonly chunk: Chunk; leftMs: number; sinceMs: number | undefined } | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(limitMs: number, onTimeout: (error: StatementTimeoutError) => void) {
    this.#limitMs = limitMs;
    this.#onTimeout = onTimeout;
  }

  take(event: RunEvent): void {
    switch (event.type) {
      case 'started':
        this.#start(event.chunk, event.atMs);
        break;
      case 'verdict':
        if (event.chunk.id !== this.#running?.chunk.id) break;
        if (event.verdict.kind === 'hold') this.#pause(event.atMs);
        else this.#resume(event.atMs);
        break;
      case 'batch':
        // A kernel that asks for more before a statement has finished has not begun it: it might be a command.
        if (this.#running) this.#start(this.#running.chunk, event.atMs);
        break;
      case 'finished':
      case 'closed':
        this.stop();
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#running = undefined;
  }

  #start(chunk: Chunk, atMs: number): void {
    this.#running = { chunk, leftMs: this.#limitMs, sinceMs: undefined };
    this.#resume(atMs);
  }

  #resume(atMs: number): void {
    const running = this.#running;
    if (!running || running.sinceMs !== undefined) return;
    running.sinceMs = atMs;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => this.#onTimeout(new StatementTimeoutError(running.chunk, this.#limitMs)),
      running.leftMs,
    );
  }

  #pause(atMs: number): void {
    const running = this.#running;
    if (running?.sinceMs === undefined) return;
    clearTimeout(this.#timer);
    running.leftMs = Math.max(0, running.leftMs - (atMs - running.sinceMs));
    running.sinceMs = undefined;
  }
}
