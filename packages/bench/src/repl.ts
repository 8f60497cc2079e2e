import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** The least that can run Python chunk by chunk: an `exec` loop over pipes, without a kernel, as in the paper. */
export class Repl implements AsyncDisposable {
  readonly #python: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  constructor(python: string) {
    this.#python = spawn(python, ['-u', '-c', LOOP]);
    this.#lines = createInterface({ input: this.#python.stdout })[Symbol.asyncIterator]();
  }

  /** Resolves when the chunk has run. What it prints is read and dropped. */
  async run(code: string): Promise<void> {
    this.#python.stdin.write(`${JSON.stringify(code)}\n`);
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) throw new Error('Python ended before its chunk did.');
      if (value === DONE) return;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#python.stdin.end();
    await once(this.#python, 'exit');
  }
}

const DONE = '\u0004';

const LOOP = `
import json, sys
names = {}
for line in sys.stdin:
    exec(compile(json.loads(line), "<chunk>", "exec"), names)
    print("\\x04")
`;
