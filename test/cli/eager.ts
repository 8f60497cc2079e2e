import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { python } from '../python.js';

const main = fileURLToPath(new URL('../../packages/cli/dist/main.js', import.meta.url));

export interface StartOptions {
  /** What stdin carries, and then its end. Without it stdin is empty; with `'open'` the test writes to it. */
  readonly input?: string | Uint8Array | 'open';
  /** Added to an environment that names the tests' Python; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export interface Finished {
  /** The exit code; 128 and more when a signal ended the command, as a shell counts. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * A folder for one test, with the files that it needs, and the built command run there as a user runs it. Everything
 * goes when the test ends.
 */
export class Playground {
  readonly #root: string;
  readonly #temporary: string;
  /** The working directory of the command. */
  readonly directory: string;

  constructor(files: Readonly<Record<string, string | Uint8Array>> = {}) {
    // Short, because the path of a unix socket must be; real, because macOS's /tmp is a link.
    this.#root = realpathSync(mkdtempSync(join(tmpdir(), 'e2e-')));
    this.#temporary = join(this.#root, 'tmp');
    this.directory = join(this.#root, 'work');
    for (const path of [this.#temporary, this.directory]) mkdirSync(path);
    for (const [name, content] of Object.entries(files)) writeFileSync(this.path(name), content);
    onTestFinished(() => {
      for (const pid of this.processes()) process.kill(pid, 'SIGKILL');
      rmSync(this.#root, { recursive: true, force: true });
    });
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  start(args: readonly string[], { input = '', env = {} }: StartOptions = {}): Running {
    const child = spawn(process.execPath, [main, ...args], {
      cwd: this.directory,
      env: { ...process.env, EAGER_PYTHON: python, TMPDIR: this.#temporary, NO_COLOR: undefined, ...env },
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    child.stdin.on('error', () => {}); // The command may end before it has read everything.
    if (input !== 'open') child.stdin.end(input);
    return new Running(child);
  }

  run(args: readonly string[], options?: StartOptions): Promise<Finished> {
    return this.start(args, options).finished;
  }

  /** Kernels, and children of programs, that still live: their arguments name our temporary folder. */
  processes(): number[] {
    return execFileSync('ps', ['-A', '-ww', '-o', 'pid=,args='], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line.includes(this.#temporary))
      .map((line) => Number.parseInt(line, 10));
  }

  /** What a run leaves behind: processes, and files in the temporary folder. */
  leftovers(): { readonly processes: readonly number[]; readonly files: readonly string[] } {
    return { processes: this.processes(), files: readdirSync(this.#temporary) };
  }
}

/** For `expect(playground.leftovers()).toEqual(nothing)`. */
export const nothing = { processes: [], files: [] };

/** The command while it runs. */
export class Running {
  readonly finished: Promise<Finished>;
  readonly #child: ChildProcess;
  #stdout = '';
  #stderr = '';

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.finished = new Promise((resolve) => {
      child.once('close', (code) => resolve({ code, stdout: this.#stdout, stderr: this.#stderr }));
    });
  }

  write(text: string | Uint8Array): void {
    this.#child.stdin?.write(text);
  }

  endInput(): void {
    this.#child.stdin?.end();
  }

  /** As `head` does when it has enough. */
  closeStdout(): void {
    this.#child.stdout?.destroy();
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves when stdout holds `text`; fails when the command ends without it. */
  async stdoutHolds(text: string): Promise<void> {
    await this.until(() => this.#stdout.includes(text), `stdout to hold ${JSON.stringify(text)}`);
  }

  /** The same for stderr. */
  async stderrHolds(text: string): Promise<void> {
    await this.until(() => this.#stderr.includes(text), `stderr to hold ${JSON.stringify(text)}`);
  }

  /** Resolves when `isTrue`; fails when the command ends before that. */
  async until(isTrue: () => boolean, what: string): Promise<void> {
    while (!isTrue()) {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
        const { code, stdout, stderr } = await this.finished;
        if (isTrue()) return;
        throw new Error(`Waited for ${what}, but the command ended with ${code}.\n${stdout}\n${stderr}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

/** The lines of NDJSON output. Fails on a line that is none. */
export function jsonLines(stdout: string): Record<string, unknown>[] {
  if (stdout === '') return [];
  expectFinalNewline(stdout);
  return stdout
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line));
}

function expectFinalNewline(text: string): void {
  if (!text.endsWith('\n')) throw new Error(`The last line is not complete: ${text.slice(-80)}`);
}
