import { type Chunk, Segmenter } from '@eager/detection';
import type { RunEvent } from '@eager/engine';
import type { Batch, Output } from '@eager/execution';

/** Makes the events of a run step by step, as an eager run and a serial run have them. */
export class Scenario {
  readonly #segmenter = new Segmenter();
  readonly #chunks: Chunk[] = [];
  readonly #batch: Batch = { id: 0, chunks: [], atMs: 0 };
  #code = '';

  /** A token, and the statements that it completes. */
  writes(text: string, atMs = 0): RunEvent[] {
    this.#code += text;
    return [
      { type: 'token', atMs, token: { text, atMs } },
      ...this.#closed(this.#segmenter.feed(text, atMs), atMs),
    ];
  }

  /** The end of the program. */
  written(atMs = 0): RunEvent[] {
    return this.#closed(this.#segmenter.end(atMs), atMs);
  }

  starts(statement: number | 'all', atMs = 0): RunEvent {
    return { type: 'started', atMs, batch: this.#batch, chunk: this.#chunk(statement) };
  }

  prints(statement: number | 'all', text: string, atMs = 0): RunEvent {
    return this.outputs(statement, { output_type: 'stream', name: 'stdout', text }, atMs);
  }

  outputs(statement: number | 'all', output: Output, atMs = 0): RunEvent {
    return { type: 'output', atMs, batch: this.#batch, chunk: this.#chunk(statement), output };
  }

  finishes(statement: number | 'all', durationMs: number, atMs = 0): RunEvent {
    const chunk = this.#chunk(statement);
    return { type: 'finished', atMs, batch: this.#batch, chunk, durationMs, heldMs: 0, status: 'ok' };
  }

  /** The program raises in a statement. */
  raises(statement: number, durationMs: number, atMs = 0): RunEvent[] {
    const chunk = this.#chunk(statement);
    const error = { ename: 'ValueError', evalue: 'no', traceback: ['\x1b[31mValueError\x1b[39m: no'] };
    return [
      this.outputs(statement, { output_type: 'error', ...error }, atMs),
      { type: 'finished', atMs, batch: this.#batch, chunk, durationMs, heldMs: 0, status: 'error', error },
      { type: 'error', atMs, ...error, chunk, alreadyRan: statement },
    ];
  }

  ends(status: 'ok' | 'error' | 'aborted' | 'interrupted' = 'ok', atMs = 0): RunEvent {
    const times = { generationMs: 0, executionMs: 0, nonOverlappedMs: 0, endToEndMs: atMs };
    return { type: 'end', atMs, status, ...times, statements: this.#chunks.length, batches: 1 };
  }

  #closed(chunks: readonly Chunk[], atMs: number): RunEvent[] {
    this.#chunks.push(...chunks);
    return chunks.map((chunk) => ({ type: 'chunk', atMs, chunk }));
  }

  #chunk(statement: number | 'all'): Chunk {
    const chunk = this.#chunks[statement === 'all' ? 0 : statement];
    if (chunk === undefined) throw new Error(`There is no statement ${statement} yet.`);
    if (statement !== 'all') return chunk;
    return { ...chunk, code: this.#code, leading: '', from: 0, to: this.#code.length, line: 1 };
  }
}
