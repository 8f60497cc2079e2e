import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { driver } from '../driver.js';
import { KernelError } from '../kernel.js';
import type { KernelFolder } from './kernel-folder.js';
import {
  asGiven,
  cannotRunPython,
  checkFolder,
  type KernelLaunch,
  kernelArguments,
  killQuietly,
  type ProcessEnd,
  tail,
} from './launch.js';
import { launchSources } from './launch-sources.js';
import { guardGroup } from './orphan-guard.js';
import { isWithoutIpykernel, noIpykernel, printed } from './start-errors.js';

export interface ForkServerOptions {
  /** The interpreter, as a path or a name on PATH. It must have ipykernel 6.29 or newer. */
  readonly python: string;
  /** Modules to import before any kernel is asked for, such as `pandas` and `matplotlib.pyplot`. */
  readonly preload?: readonly string[];
  /** Environment variables in addition to those of this process. What is read at start or import has to be here. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * A process that has imported ipykernel and other modules, and makes a kernel in the time that a fork takes.
 *
 * Its kernels share nothing but what was imported: each has its own memory, folder, process group and random numbers.
 * What they cannot have of their own is the hash seed, and what a module does once, when it is imported.
 */
export class ForkServer implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #gone: Promise<KernelError>;
  /** Those that wait for their process, by number of the request, and those that have one, by process. */
  readonly #asked = new Map<number, (forked: Forked) => void>();
  readonly #running = new Map<number, (end: ProcessEnd) => void>();
  #nextId = 0;
  #output = '';
  /** Why it could not import what it was to import. */
  #failure: string | undefined;

  /** Starts the process and returns at once. That it cannot start or import is an error of its kernels. */
  constructor({ python, preload = [], env }: ForkServerOptions) {
    this.#child = spawn(asGiven(python), ['-c', launchSources.fork_server], {
      env: { ...process.env, ...env },
      detached: true,
    });
    this.#child.stdin?.write(`${JSON.stringify({ preload, driver })}\n`);
    this.#gone = this.#watch(python);
  }

  /**
   * Forks a process that becomes the kernel of the folder.
   *
   * @internal
   */
  async launch(
    folder: KernelFolder,
    onPid: (pid: number) => void,
    { cwd, env = {} }: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> },
  ): Promise<KernelLaunch> {
    checkFolder(cwd);
    const id = this.#nextId++;
    const outputFile = join(folder.path, 'output.log');
    const request = {
      id,
      args: kernelArguments(folder.connectionFile),
      cwd: resolve(cwd ?? ''),
      env,
      output: outputFile,
    };
    const forked = new Promise<Forked>((resolve) => {
      this.#asked.set(id, resolve);
    });
    this.#child.stdin?.write(`${JSON.stringify(request)}\n`);
    const answer = await Promise.race([forked, this.#gone]);
    if (answer instanceof KernelError) throw answer;
    const { pid, ended } = answer;
    onPid(pid);
    return { pid, interruptedBy: 'signal', output: () => tailOfFile(outputFile), ended, drained: ended };
  }

  /** Ends the process, and the kernels that it has made with it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin?.end();
    await this.#gone;
  }

  /** Resolves when the process is gone, with what to tell those who ask for a kernel. */
  async #watch(python: string): Promise<KernelError> {
    const { stdin, stdout, stderr, pid } = this.#child;
    // Its end says more than that a pipe is closed.
    stdin?.on('error', () => {});
    stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#output = tail(this.#output + text);
    });
    const guarded = pid === undefined ? undefined : guardGroup(pid);
    if (stdout) createInterface({ input: stdout }).on('line', (line) => this.#take(JSON.parse(line)));
    try {
      await once(this.#child, 'close');
    } catch (error) {
      return new KernelError(cannotRunPython(python, error), { cause: error });
    } finally {
      guarded?.release();
    }
    // Nobody says any more how they end.
    for (const [kernel, end] of this.#running) {
      killQuietly(-kernel, 'SIGKILL');
      end({ code: null, signal: 'SIGKILL' });
    }
    if (this.#failure === undefined) {
      return new KernelError(
        `The fork server ended, and no kernel can be had of it. Make a new one.${printed(this.#output)}`,
      );
    }
    if (isWithoutIpykernel(this.#failure)) return noIpykernel(python);
    return new KernelError(
      `The fork server cannot import what it is to preload: ${this.#failure}. ` +
        `Check the names of the modules, and that ${python} has them.`,
    );
  }

  #take(answer: Answer): void {
    if ('error' in answer) {
      this.#failure = answer.error;
    } else if ('forked' in answer) {
      const pid = answer.forked;
      const ended = new Promise<ProcessEnd>((resolve) => {
        this.#running.set(pid, resolve);
      });
      this.#asked.get(answer.id)?.({ pid, ended });
      this.#asked.delete(answer.id);
    } else {
      this.#running.get(answer.ended)?.({ code: answer.code, signal: answer.signal });
      this.#running.delete(answer.ended);
    }
  }
}

interface Forked {
  readonly pid: number;
  readonly ended: Promise<ProcessEnd>;
}

/** What the server says, a line each. */
type Answer =
  | { readonly error: string }
  | { readonly id: number; readonly forked: number }
  | ({ readonly ended: number } & ProcessEnd);

function tailOfFile(path: string): string {
  try {
    return tail(readFileSync(path, 'utf8'));
  } catch {
    // The process has not come to open it.
    return '';
  }
}
