import type { ProgramError, RunEvent, RunSummary } from './events.js';

/** Sums a run up while it happens: what it took, how far it came, and what ended it. */
export class RunLedger {
  #error: ProgramError | undefined;
  #isHopeless = false;
  #generationMs = 0;
  #executionMs = 0;
  #lastResultMs = 0;
  #statements = 0;
  #batches = 0;
  #finished = 0;
  #written = 0;
  #trailing = '';

  /** What ended the program, unless it ended itself in order. */
  get error(): ProgramError | undefined {
    return this.#error;
  }

  /** What has been written after the last chunk. */
  get trailing(): string {
    return this.#trailing;
  }

  /** No text that follows can make the program a valid one. */
  get isHopeless(): boolean {
    return this.#isHopeless;
  }

  /** Takes note of an event, and gives it back together with the `error` event that follows from it, if one does. */
  enter(event: RunEvent): RunEvent[] {
    switch (event.type) {
      case 'token':
        this.#generationMs = event.atMs;
        this.#written += event.token.text.length;
        this.#trailing += event.token.text;
        break;
      case 'chunk':
        this.#statements++;
        this.#trailing = this.#trailing.slice(this.#trailing.length - (this.#written - event.chunk.to));
        break;
      case 'batch':
        this.#batches++;
        break;
      case 'output':
        this.#lastResultMs = event.atMs;
        break;
      case 'finished':
        this.#lastResultMs = event.atMs;
        this.#executionMs += event.durationMs;
        if (event.status === 'error') {
          this.#isHopeless ||= event.isSyntaxError ?? false;
          return this.#fail(event, { ...event.error, chunk: event.chunk });
        }
        this.#finished++;
        break;
      case 'closed':
        this.#lastResultMs = event.atMs;
        if (event.error) return this.#fail(event, { ...event.error, chunk: undefined }).reverse();
        break;
    }
    return [event];
  }

  /** @param how whether the run has failed, and the signal that has interrupted it, if it has aborted */
  end(atMs: number, how: { readonly failed: boolean; readonly signal: AbortSignal }): RunEvent {
    const { aborted: isInterrupted, reason } = how.signal;
    const endToEndMs = Math.max(this.#generationMs, this.#lastResultMs);
    const summary: RunSummary = {
      status: isInterrupted ? 'interrupted' : how.failed ? 'aborted' : this.#error ? 'error' : 'ok',
      generationMs: this.#generationMs,
      executionMs: this.#executionMs,
      nonOverlappedMs: endToEndMs - this.#generationMs,
      endToEndMs,
      statements: this.#statements,
      batches: this.#batches,
      ...(isInterrupted && { reason }),
    };
    return { type: 'end', atMs, ...summary };
  }

  #fail(event: RunEvent, error: Omit<ProgramError, 'alreadyRan'>): RunEvent[] {
    // `exit()` is an exception for Python, and the end of a program for everybody else.
    if (error.ename === 'SystemExit' && /^(None|0)?$/.test(error.evalue)) return [event];
    this.#error = { ...error, alreadyRan: this.#finished };
    return [event, { type: 'error', atMs: event.atMs, ...this.#error }];
  }
}
