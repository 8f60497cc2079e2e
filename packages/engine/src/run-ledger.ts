import type { ProgramError, RunEvent, RunSummary } from './events.js';

/** Sums a run up while it happens: what it took, how far it came, and what ended it. */
export class RunLedger {
  #error: ProgramError | undefined;
  #generationMs = 0;
  #executionMs = 0;
  #lastResultMs = 0;
  #statements = 0;
  #batches = 0;
  #finished = 0;

  /** What ended the program, unless it ended itself in order. */
  get error(): ProgramError | undefined {
    return this.#error;
  }

  /** Takes note of an event, and gives it back together with the `error` event that follows from it, if one does. */
  enter(event: RunEvent): RunEvent[] {
    switch (event.type) {
      case 'token':
        this.#generationMs = event.atMs;
        break;
      case 'chunk':
        this.#statements++;
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
        if (event.status === 'error') return this.#fail(event, { ...event.error, chunk: event.chunk });
        this.#finished++;
        break;
      case 'closed':
        this.#lastResultMs = event.atMs;
        if (event.error) return this.#fail(event, { ...event.error, chunk: undefined }).reverse();
        break;
    }
    return [event];
  }

  end(atMs: number, how: { readonly failed: boolean; readonly interrupted: boolean }): RunEvent {
    const endToEndMs = Math.max(this.#generationMs, this.#lastResultMs);
    const summary: RunSummary = {
      status: how.interrupted ? 'interrupted' : how.failed ? 'aborted' : this.#error ? 'error' : 'ok',
      generationMs: this.#generationMs,
      executionMs: this.#executionMs,
      nonOverlappedMs: endToEndMs - this.#generationMs,
      endToEndMs,
      statements: this.#statements,
      batches: this.#batches,
    };
    return { type: 'end', atMs, ...summary };
  }

  #fail(event: RunEvent, { ename, evalue, traceback, chunk }: Omit<ProgramError, 'alreadyRan'>): RunEvent[] {
    // `exit()` is an exception for Python, and the end of a program for everybody else.
    if (ename === 'SystemExit' && /^(None|0)?$/.test(evalue)) return [event];
    this.#error = { ename, evalue, traceback, chunk, alreadyRan: this.#finished };
    return [event, { type: 'error', atMs: event.atMs, ...this.#error }];
  }
}
