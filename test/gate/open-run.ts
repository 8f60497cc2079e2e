import type { Policy } from '@eager/detection';
import { finalOutputs, type RunEvent, type RunOptions, run$, runSerially$ } from '@eager/engine';
import type { Kernel } from '@eager/execution';
import { fromStream, fromText } from '@eager/generation';

/** A run whose program has been written, while the test decides when generation ends: until then, time stands still. */
export class OpenRun {
  readonly events: RunEvent[] = [];
  /** Resolves when the run is over, with what it failed with, if it did. */
  readonly over: Promise<unknown>;
  readonly #text: ReadableStreamDefaultController<string>;
  readonly #subscription: { unsubscribe(): void };
  #onEvent = () => {};

  constructor(kernel: Kernel, program: string, policy: Policy, options: RunOptions = {}) {
    let end = (_failure?: unknown) => {};
    this.over = new Promise((resolve) => {
      end = resolve;
    });
    let controller: ReadableStreamDefaultController<string> | undefined;
    const stream = new ReadableStream<string>({
      start(theController) {
        controller = theController;
      },
    });
    if (!controller) throw new Error('A stream starts when it is made.');
    this.#text = controller;
    this.#subscription = run$(fromStream(stream), kernel, { ...options, policy }).subscribe({
      next: (event) => {
        this.events.push(event);
        this.#onEvent();
      },
      error: end,
      complete: () => end(),
    });
    this.write(program);
  }

  /** More of the program arrives. */
  write(text: string): void {
    this.#text.enqueue(text);
  }

  /** Generation ends; resolves when the run is over. */
  async end(): Promise<this> {
    this.#text.close();
    const failure = await this.over;
    if (failure) throw failure;
    return this;
  }

  /** Generation fails; resolves with the failure of the run. */
  fail(error: Error): Promise<unknown> {
    this.#text.error(error);
    return this.over;
  }

  /** Nobody follows the run any more. */
  unsubscribe(): void {
    this.#subscription.unsubscribe();
  }

  /** Resolves as soon as the events so far make it true. */
  until(isTrue: (run: this) => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#onEvent = () => {
        if (isTrue(this)) resolve();
      };
      this.#onEvent();
    });
  }

  /** Resolves when nothing more can happen before generation ends. */
  settled(): Promise<void> {
    return this.until((run) => run.isSettled);
  }

  get isSettled(): boolean {
    if (this.of('closed').length > 0) return true;
    const held = this.held?.chunk.id;
    const finished = new Set(this.of('finished').map(({ chunk }) => chunk.id));
    if (held === undefined) {
      const chunks = this.of('chunk');
      return chunks.length > 0 && chunks.every(({ chunk }) => finished.has(chunk.id));
    }
    return (
      this.hasStarted(held) || Array.from({ length: held }, (_, id) => id).every((id) => finished.has(id))
    );
  }

  /** Where the first hold was, and why. */
  get held() {
    return this.of('verdict').find(({ verdict }) => verdict.kind === 'hold');
  }

  hasStarted(id: number): boolean {
    return this.of('started').some(({ chunk }) => chunk.id === id);
  }

  /** Reasons of all verdicts of a kind. */
  reasons(kind: 'hold' | 'deny'): string[] {
    return this.of('verdict').flatMap(({ verdict }) =>
      verdict.kind === kind && 'reason' in verdict ? [verdict.reason] : [],
    );
  }

  get outputs(): Outputs {
    return outputsOf(this.events);
  }

  get stdout(): string {
    return stdoutOf(this.outputs);
  }

  /** The name and the text of the exception that ended the program. */
  get error(): string | undefined {
    const [error] = this.of('error');
    return error && `${error.ename}: ${error.evalue}`;
  }

  get status(): string | undefined {
    return this.of('end')[0]?.status;
  }

  of<T extends RunEvent['type']>(type: T): Extract<RunEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<RunEvent, { type: T }> => event.type === type);
  }
}

export type Outputs = ReturnType<typeof finalOutputs>;

/** Runs a program in a plain cell, which must not fail, and gives its outputs. */
export async function wholeRun(kernel: Kernel, program: string, options: RunOptions = {}): Promise<Outputs> {
  const events: RunEvent[] = [];
  await new Promise<void>((resolve, reject) => {
    const next = (event: RunEvent) => void events.push(event);
    runSerially$(fromText(program, { tokensPerSecond: Number.POSITIVE_INFINITY }), kernel, options).subscribe(
      { next, error: reject, complete: resolve },
    );
  });
  const error = events.find(({ type }) => type === 'error');
  if (error?.type === 'error') throw new Error(`${error.ename}: ${error.evalue}, in\n${program}`);
  return outputsOf(events);
}

export function stdoutOf(outputs: Outputs): string {
  return outputs
    .flatMap((output) => {
      return output.output_type === 'stream' && output.name === 'stdout' ? [output.text].flat() : [];
    })
    .join('');
}

function outputsOf(events: readonly RunEvent[]): Outputs {
  return finalOutputs(events.flatMap((event) => (event.type === 'output' ? [event.output] : [])));
}
