import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  finalOutputs,
  type RunEvent,
  runSerially$,
  type SolveEvent,
  type SolveOptions,
  solve,
} from '@eager/engine';
import { embeddedKernel, ForkServer, type Kernel, type KernelLease } from '@eager/execution';
import { fromText, openAI } from '@eager/generation';
import type { ModelServer } from '../models/model-server.js';
import { scriptedModel } from '../models/scripted-model.js';
import { python } from '../python.js';

/**
 * A model that says what a script says, and for each program an empty kernel in a new folder. Two kernels that have imported
 * what takes long serve all programs; those that a repair asks for are new ones.
 */
export class Workshop implements AsyncDisposable {
  readonly #forkServer = new ForkServer({ python, preload: ['numpy', 'pandas'] });
  readonly #root = mkdtempSync(join(tmpdir(), 'eager-repair-'));
  readonly #files: Readonly<Record<string, Uint8Array>>;
  /** By their programs. */
  readonly #results = new Map<string, Promise<Result>>();
  readonly #kernels = new Map<'serial' | 'solve', Kernel>();
  #folders = 0;

  constructor(files: Readonly<Record<string, Uint8Array>> = {}) {
    this.#files = files;
  }

  /** A folder with the files, and nothing else. */
  #newFolder(): string {
    const folder = join(this.#root, String(this.#folders++));
    mkdirSync(folder);
    for (const [name, content] of Object.entries(this.#files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), content);
    }
    return folder;
  }

  #newKernel(cwd: string): Kernel {
    return embeddedKernel({ python, cwd, forkServer: this.#forkServer });
  }

  /** What a program does when it runs serially, on a kernel of its own. */
  serially(program: string): Promise<Result> {
    const result = this.#results.get(program) ?? this.#runSerially(program);
    this.#results.set(program, result);
    return result;
  }

  async #runSerially(program: string): Promise<Result> {
    const folder = this.#newFolder();
    const kernel = await this.emptyKernel('serial', folder);
    const published: Extract<RunEvent, { type: 'output' }>[] = [];
    await runSerially$(fromText(program, AT_ONCE), kernel).forEach((event) => {
      if (event.type === 'output') published.push(event);
    });
    return { outputs: finalOutputs(published.map(({ output }) => output)), files: filesIn(folder) };
  }

  /** Has the scripted model solve a task. */
  async solve(script: string, options: Partial<SolveOptions> = {}): Promise<Solved> {
    await using server = await scriptedModel(script);
    return await this.solveWith(server, options);
  }

  async solveWith(server: ModelServer, options: Partial<SolveOptions> = {}): Promise<Solved> {
    const folder = this.#newFolder();
    const kernel = await this.emptyKernel('solve', folder);
    const freshKernel = (): KernelLease => {
      const fresh = this.#newKernel(folder);
      return { kernel: fresh, [Symbol.asyncDispose]: () => fresh[Symbol.asyncDispose]() };
    };
    const model = openAI({ model: 'm', baseUrl: `${server.url}/v1`, maxRetries: 0 });
    const events: SolveEvent[] = [];
    let error: unknown;
    await solve(
      { messages: [{ role: 'user', content: 'Do it.' }] },
      { model, kernel, freshKernel, ...options },
    )
      .forEach((event) => {
        events.push(event);
      })
      .catch((reason: unknown) => {
        error = reason;
      });
    const wereClosed = await Promise.all(server.requests.map(({ closedEarly }) => closedEarly));
    return {
      events,
      error,
      files: filesIn(folder),
      requests: server.requests.map(({ body }) => body),
      wereClosed,
    };
  }

  /** A kernel without variables, in a folder with nothing but the files. */
  async emptyKernel(role: 'serial' | 'solve', folder = this.#newFolder()): Promise<Kernel> {
    const reset = `%reset -f\n__import__('os').chdir(${JSON.stringify(folder)})\n`;
    const empty = (kernel: Kernel) => runSerially$(fromText(reset, AT_ONCE), kernel).forEach(() => {});
    const used = this.#kernels.get(role);
    try {
      if (used) await empty(used);
      if (used) return used;
    } catch {
      await used?.[Symbol.asyncDispose](); // A program has ended it.
    }
    const kernel = this.#newKernel(folder);
    this.#kernels.set(role, kernel);
    await empty(kernel); // Whoever measures what follows does not measure its start.
    return kernel;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const kernel of this.#kernels.values()) await kernel[Symbol.asyncDispose]();
    await this.#forkServer[Symbol.asyncDispose]();
    rmSync(this.#root, { recursive: true, force: true });
  }
}

const AT_ONCE = { tokensPerSecond: Number.POSITIVE_INFINITY };

export interface Result {
  readonly outputs: ReturnType<typeof finalOutputs>;
  /** What is in its folder, by name. */
  readonly files: Readonly<Record<string, string>>;
}

export interface Solved {
  readonly events: readonly SolveEvent[];
  readonly error: unknown;
  readonly files: Readonly<Record<string, string>>;
  /** The bodies of the requests. */
  readonly requests: readonly Readonly<Record<string, unknown>>[];
  /** Whether each response was closed before its end. */
  readonly wereClosed: readonly boolean[];
}

/** Events of one type. */
export function only<T extends SolveEvent['type']>(
  { events }: Solved,
  type: T,
): Extract<SolveEvent, { type: T }>[] {
  return events.filter((event): event is Extract<SolveEvent, { type: T }> => event.type === type);
}

/** How it ended. */
export function endOf({ events, error }: Solved) {
  const last = events.at(-1);
  if (last?.type === 'solved' || last?.type === 'failed') return last;
  throw new Error(`It has no end: ${JSON.stringify(last)}`, { cause: error });
}

/** A script in which the model gives these answers, one after the other. */
export function answers(programs: readonly string[], settings = ''): string {
  return programs
    .map((program) => `=== answer\n${settings}\n\nHere is the program:\n\n\`\`\`python\n${program}\`\`\`\n`)
    .join('\n')
    .replaceAll('\n\n\nHere', '\n\nHere');
}

function filesIn(folder: string, prefix = ''): Record<string, string> {
  const files: Record<string, string> = {};
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) Object.assign(files, filesIn(path, `${prefix}${name}/`));
    else files[prefix + name] = readFileSync(path, 'latin1');
  }
  return files;
}
