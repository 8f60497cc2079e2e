import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import { KernelError } from '../kernel.js';
import { type KernelFolder, onWindows } from './kernel-folder.js';

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process that becomes a kernel: the leader of a process group, with no terminal. */
export interface KernelLaunch {
  readonly pid: number;
  /**
   * How the kernel is interrupted. A signal reaches the processes that it started, too, as a terminal's Ctrl-C does.
   * Where the kernel is not in our process group it is a message, and ipykernel sends that signal to its own group.
   */
  readonly interruptedBy: 'signal' | 'message';
  /** The last 8,192 characters that the process itself has written to stdout and stderr. */
  output(): string;
  /** Resolves when it is gone and its number may be another's. */
  readonly ended: Promise<ProcessEnd>;
  /**
   * Whether the folder goes as soon as its sockets are connected: a program in a sandbox would else have in it a way
   * to fill the disk.
   */
  readonly hidesFolder?: boolean;
  /** Resolves when `output` is complete. A descendant that holds the pipes open may keep it from that. */
  readonly drained: Promise<unknown>;
}

/** Starts the process of the kernel whose connection file is in the folder. Tells its number as soon as there is one. */
export type Launcher = (folder: KernelFolder, onPid: (pid: number) => void) => Promise<KernelLaunch>;

export interface LaunchOptions {
  readonly python: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** ipykernel's arguments. No SQLite history file, and no pause of 0.5 ms after each request: nobody here needs either. */
export function kernelArguments(connectionFile: string): readonly string[] {
  return [
    ...['-f', connectionFile],
    ...['--HistoryManager.enabled=False', '--IPythonKernel._execute_sleep=0'],
  ];
}

/** Runs ipykernel in the interpreter itself. */
export function launchPython({ python, cwd, env }: LaunchOptions): Launcher {
  return (folder, onPid) =>
    launched(
      [...[asGiven(python), '-m', 'ipykernel_launcher'], ...kernelArguments(folder.connectionFile)],
      {
        ...{ cwd, onPid },
        // ipykernel polls its parent and exits when it is gone (ParentPollerUnix). On Windows this would be a handle.
        env: { ...process.env, ...(onWindows ? {} : { JPY_PARENT_PID: String(process.pid) }), ...env },
      },
      'signal',
      (error) => cannotRunPython(python, error),
    );
}

/**
 * Runs any command that starts a kernel, as that of a container runtime. `{connection_file}`, `{folder}` (with the
 * connection file and, later, the sockets: the kernel must see it under the same name) and `{python}` are replaced.
 */
export function launchCommand(command: readonly string[], { python, cwd, env }: LaunchOptions): Launcher {
  return (folder, onPid) => {
    const values = { python, folder: folder.path, connection_file: folder.connectionFile };
    const [program = '', ...args] = command.map((word) =>
      word.replace(/\{(python|folder|connection_file)\}/g, (_, name: keyof typeof values) => values[name]),
    );
    return launched(
      [asGiven(program), ...args],
      // 1 keeps ipykernel from watching a parent that it may not see; it ends with the process that stands for it here.
      { cwd, onPid, env: { ...process.env, JPY_PARENT_PID: '1', ...env } },
      'message',
      (error) => `Cannot start the kernel by "${program}": ${reasonOf(error)}. Check the launch command.`,
    );
  };
}

export interface SpawnOptions {
  readonly cwd: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onPid: (pid: number) => void;
  /** Pipes in addition to stdin, stdout and stderr, from descriptor 3 on. */
  readonly pipes?: number;
  /** What remains to be done before it can go on. */
  readonly prepare?: (child: ChildProcess) => Promise<void>;
}

/** @throws {KernelError} when the program cannot be run at all. */
export async function launched(
  [program = '', ...args]: readonly string[],
  { cwd, env, onPid, pipes = 0, prepare }: SpawnOptions,
  interruptedBy: KernelLaunch['interruptedBy'],
  cannotRun: (error: unknown) => string,
): Promise<KernelLaunch> {
  const child = spawn(program, args, {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe', ...Array<'pipe'>(pipes).fill('pipe')],
    // The leader of a process group of its own, so that a terminal's Ctrl-C does not reach it.
    detached: !onWindows,
    windowsHide: true,
  });
  const output = outputOf(child);
  const drained = once(child, 'close');
  const ended = once(child, 'exit').then(([code, signal]): ProcessEnd => ({ code, signal }));
  // Both reject for a process that never was; whoever started it hears of that.
  for (const promise of [drained, ended]) promise.catch(() => {});
  try {
    if (child.pid !== undefined) onPid(child.pid);
    await once(child, 'spawn');
    await prepare?.(child);
  } catch (error) {
    child.kill('SIGKILL');
    checkFolder(cwd);
    throw new KernelError(cannotRun(error), { cause: error });
  }
  // A process that has emitted `spawn` has a pid; the type cannot say so.
  return { pid: child.pid ?? Number.NaN, interruptedBy, output, ended, drained };
}

/** @throws {KernelError} when there is no such working directory. */
export function checkFolder(cwd: string | undefined): void {
  if (cwd === undefined || existsSync(cwd)) return;
  throw new KernelError(`Cannot start a Python kernel: the directory ${cwd} does not exist.`);
}

/** A relative path means a place below our directory, not below the kernel's. */
export function asGiven(program: string): string {
  return program.includes(sep) ? resolve(program) : program;
}

export function cannotRunPython(python: string, error: unknown): string {
  return (
    `Cannot start Python as "${python}": ${reasonOf(error)}. ` +
    'Install Python 3.10 or newer, or name the interpreter to use.'
  );
}

/** The end of what a process has written. */
export function tail(text: string): string {
  return text.slice(-outputTailLength);
}

const outputTailLength = 8192;

export function killQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Nobody there any more, which is what was wanted.
  }
}

function outputOf(child: ChildProcess): () => string {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output = tail(output + text);
    });
  }
  return () => output;
}

export function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT'
    ? 'no such program exists'
    : code === 'EACCES'
      ? 'it is not executable'
      : String(error);
}
