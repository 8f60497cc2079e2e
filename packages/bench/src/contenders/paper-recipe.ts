import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { PAPER_MODULES } from '@eager/detection';
import { CellOutputs } from '@eager/engine';
import { fromRecording, startClock, type Token } from '@eager/generation';
import { lastValueFrom, tap } from 'rxjs';
import type { Environment } from '../environments/index.js';
import type { Contender, RunResult, Session } from './contender.js';

const RECIPE = fileURLToPath(new URL('../../python/paper_recipe.py', import.meta.url));

export const paperRecipe: Contender = {
  label: 'The paper’s recipe',
  about:
    'rebuilt from what is public of it: ast.parse of all text after each token, one-token lookahead, dynamic batching, ' +
    'a python -u exec loop, its gate of listed modules',
  open: async (environment) => RecipeSession.start(environment),
};

/** What paper_recipe.py says, line by line. */
type RecipeEvent =
  | { readonly type: 'ready' | 'statement' | 'held' }
  | { readonly type: 'batch'; readonly statements: number; readonly isHeld: boolean }
  | { readonly type: 'finished'; readonly durationMs: number }
  | { readonly type: 'stream'; readonly name: 'stdout' | 'stderr'; readonly text: string }
  | { readonly type: 'figure'; readonly png: string }
  | { readonly type: 'error'; readonly name: string }
  | { readonly type: 'done'; readonly cpuMs: number };

/** The recipe as a process of its own, with its executor. Tokens travel to it over a pipe. */
class RecipeSession implements Session {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #events: AsyncIterator<string>;

  static async start({ python, folder, env }: Environment): Promise<RecipeSession> {
    const process_ = spawn(python, ['-u', RECIPE, JSON.stringify([...PAPER_MODULES.keys()])], {
      cwd: folder,
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const session = new RecipeSession(process_);
    for (let event = await session.#next(); event.type !== 'ready'; event = await session.#next());
    return session;
  }

  private constructor(process_: ChildProcessByStdio<Writable, Readable, null>) {
    this.#process = process_;
    this.#events = createInterface({ input: process_.stdout })[Symbol.asyncIterator]();
  }

  async run(tokens: readonly Token[]): Promise<RunResult> {
    const clock = startClock();
    const tokens$ = fromRecording({ model: 'paced', ttftMs: tokens[0]?.atMs ?? 0, tokens }, { clock });
    let generationMs = 0;
    const written = lastValueFrom(
      tokens$.pipe(
        tap({
          next: ({ text, atMs }) => {
            generationMs = atMs;
            this.#send(text);
          },
          complete: () => this.#send(null),
        }),
      ),
      { defaultValue: undefined },
    );
    const outputs = new CellOutputs();
    const sums = { executionMs: 0, endToEndMs: 0, statements: 0, batches: 0, heldMs: 0, engineCpuMs: 0 };
    const heldSinceMs: number[] = [];
    let isHolding = false;
    let status: RunResult['status'] = 'ok';
    for (;;) {
      const event = await this.#next();
      if (event.type === 'statement') {
        sums.statements++;
        if (isHolding) heldSinceMs.push(clock());
      } else if (event.type === 'held') {
        isHolding = true;
        heldSinceMs.push(clock());
      } else if (event.type === 'batch') {
        sums.batches++;
        if (event.isHeld) for (const fromMs of heldSinceMs.splice(0)) sums.heldMs += clock() - fromMs;
      } else if (event.type === 'finished') {
        sums.executionMs += event.durationMs;
      } else if (event.type === 'stream') {
        outputs.add({ output_type: 'stream', name: event.name, text: event.text });
      } else if (event.type === 'figure') {
        outputs.add({ output_type: 'display_data', data: { 'image/png': event.png }, metadata: {} });
      } else if (event.type === 'error') {
        status = 'error';
        outputs.add({ output_type: 'error', ename: event.name, evalue: '', traceback: [] });
      } else if (event.type === 'done') {
        sums.endToEndMs = clock();
        sums.engineCpuMs = event.cpuMs;
        break;
      }
    }
    await written;
    return { status, generationMs, ...sums, outputs: outputs.toArray() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const gone = once(this.#process, 'exit');
    // Its executor ends with the pipe to it.
    this.#process.stdin.end();
    this.#process.kill();
    await gone;
  }

  #send(token: string | null): void {
    this.#process.stdin.write(`${JSON.stringify(token)}\n`);
  }

  async #next(): Promise<RecipeEvent> {
    const { value, done } = await this.#events.next();
    if (done) throw new Error('The recipe of the paper ended before its program did.');
    return JSON.parse(value);
  }
}
