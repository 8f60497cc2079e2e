import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { NetConnectOpts } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve, sep } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { KernelError } from '../kernel.js';
import type { Channel } from './wire.js';

export interface KernelProcessOptions {
  readonly python: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Unix sockets, which only the user can open, where they exist; else TCP on loopback, guarded by the key alone. */
  readonly transport?: 'ipc' | 'tcp';
}

/** How a kernel's process ended. */
export interface KernelExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last 8,192 characters that the process itself wrote to stdout and stderr: log lines, a crash report. */
  readonly output: string;
  /** The broken message that made us end it, if that is why. */
  readonly cause?: Error;
}

type Ports = Readonly<Record<`${Channel | 'hb'}_port`, number>>;

const onWindows = process.platform === 'win32';

/** `sun_path` holds 104 bytes on macOS and 108 on Linux, the final zero included. */
const maxSocketPathBytes = 100;

const outputTailLength = 8192;

/**
 * An ipykernel process, leader of a process group of its own so that a terminal's Ctrl-C does not reach it, with a
 * private directory for its connection file and sockets. The group and the directory go when the process goes.
 *
 * @see https://jupyter-client.readthedocs.io/en/stable/kernels.html#connection-files
 */
export class KernelProcess {
  readonly pid: number;
  readonly key: string;
  readonly exited: Promise<KernelExit>;
  readonly #child: ChildProcess;
  readonly #directory: string;
  readonly #transport: 'ipc' | 'tcp';
  #output = '';

  /** @throws {KernelError} when the interpreter cannot be run at all. */
  static async spawn(options: KernelProcessOptions): Promise<KernelProcess> {
    const transport = options.transport ?? (onWindows ? 'tcp' : 'ipc');
    const directory = makePrivateDirectory();
    const key = randomBytes(32).toString('hex');
    writeConnectionFile(directory, transport, key);
    const child = spawn(...command(options, directory));
    try {
      await once(child, 'spawn');
    } catch (error) {
      rmSync(directory, { recursive: true, force: true });
      throw cannotRun(options, error);
    }
    return new KernelProcess(child, directory, transport, key);
  }

  private constructor(child: ChildProcess, directory: string, transport: 'ipc' | 'tcp', key: string) {
    // A process that has emitted `spawn` has a pid; the type cannot say so.
    this.pid = child.pid ?? Number.NaN;
    this.key = key;
    this.#child = child;
    this.#directory = directory;
    this.#transport = transport;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-outputTailLength);
      });
    }
    killAtExit(this);
    this.exited = this.#watchExit();
  }

  /** What `KernelExit.output` would hold now. */
  get output(): string {
    return this.#output;
  }

  /** Where a channel listens, or will. Over TCP the kernel chooses its ports and writes them to the connection file. */
  async address(channel: Channel, signal: AbortSignal): Promise<NetConnectOpts> {
    const name = `${channel}_port` as const;
    if (this.#transport === 'ipc') return { path: `${socketPrefix(this.#directory)}-${ipcPorts[name]}` };
    for (;;) {
      const port = readPorts(this.#directory)?.[name];
      if (port) return { host: '127.0.0.1', port };
      await delay(5, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }

  /**
   * Interrupts the kernel and the processes that it started, as jupyter_client and a terminal's Ctrl-C do: a program
   * that waits for `subprocess.run` gets its prompt back only when the child ends too.
   */
  interrupt(): void {
    if (onWindows) {
      throw new KernelError(
        'An embedded kernel cannot be interrupted on Windows, where only the process that created a kernel with ' +
          'an interrupt event can. Run the kernel on a Jupyter server instead.',
      );
    }
    this.#signal('SIGINT');
  }

  /** Asks the process to end, with growing insistence, and resolves when it is gone. */
  async stop(askToExit: () => void): Promise<void> {
    askToExit();
    if (await this.exitsWithin(1000)) return;
    // A busy kernel obeys only when its program has ended, hence the interrupt.
    if (!onWindows) this.#signal('SIGINT');
    if (await this.exitsWithin(2000)) return;
    this.#signal('SIGTERM');
    if (await this.exitsWithin(500)) return;
    this.#signal('SIGKILL');
    await this.exited;
  }

  /** Ends the process group and removes the directory before it returns. */
  killNow(): void {
    this.#signal('SIGKILL');
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async exitsWithin(timeoutMs: number): Promise<boolean> {
    const timer = new AbortController();
    const late = delay(timeoutMs, false, { signal: timer.signal }).catch(() => false);
    const gone = await Promise.race([this.exited.then(() => true), late]);
    timer.abort();
    return gone;
  }

  async #watchExit(): Promise<KernelExit> {
    const drained = once(this.#child, 'close');
    const [code, signal] = (await once(this.#child, 'exit')) as [number | null, NodeJS.Signals | null];
    alive.delete(this);
    // Nothing of a program outlives its kernel, unless it moved to a session of its own.
    if (!onWindows) killQuietly(-this.pid, 'SIGKILL');
    rmSync(this.#directory, { recursive: true, force: true });
    // A descendant in another session may keep the pipes open: what the kernel wrote is there long before.
    await Promise.race([drained, delay(100, undefined, { ref: false })]);
    return { code, signal, output: this.#output };
  }

  /** Only while the process has not been reaped: afterwards its number may be another's. */
  #signal(signal: NodeJS.Signals): void {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    killQuietly(onWindows ? this.pid : -this.pid, signal);
  }
}

/** The kernels to end with this process. Without this their directories would stay behind. */
const alive = new Set<KernelProcess>();

function killAtExit(kernel: KernelProcess): void {
  if (!process.listeners('exit').includes(killAll)) process.on('exit', killAll);
  alive.add(kernel);
}

function killAll(): void {
  for (const kernel of alive) kernel.killNow();
}

function command(
  { python, cwd, env }: KernelProcessOptions,
  directory: string,
): [command: string, args: string[], options: object] {
  const args = [
    ...['-m', 'ipykernel_launcher', '-f', connectionFile(directory)],
    // No SQLite history file, and no pause of 0.5 ms after each request: nobody here needs either.
    ...['--HistoryManager.enabled=False', '--IPythonKernel._execute_sleep=0'],
  ];
  const options = {
    cwd,
    // ipykernel polls its parent and exits when it is gone (ParentPollerUnix). On Windows this would be a handle.
    env: { ...process.env, ...(onWindows ? {} : { JPY_PARENT_PID: String(process.pid) }), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: !onWindows,
    windowsHide: true,
  };
  // A relative path means a place below our directory, not below the kernel's.
  return [python.includes(sep) ? resolve(python) : python, args, options];
}

function cannotRun({ python, cwd }: KernelProcessOptions, error: unknown): KernelError {
  if (cwd !== undefined && !existsSync(cwd)) {
    return new KernelError(`Cannot start a Python kernel: the directory ${cwd} does not exist.`, {
      cause: error,
    });
  }
  const code = (error as NodeJS.ErrnoException).code;
  const why =
    code === 'ENOENT' ? 'no such program exists' : code === 'EACCES' ? 'it is not executable' : String(error);
  return new KernelError(
    `Cannot start Python as "${python}": ${why}. Install Python 3.10 or newer, or name the interpreter to use.`,
    { cause: error },
  );
}

/** Made with mode 0700, below a parent whose name is short enough for a socket's. */
function makePrivateDirectory(): string {
  const fits = (parent: string): boolean =>
    Buffer.byteLength(`${socketPrefix(join(parent, 'eager-XXXXXX'))}-0`) <= maxSocketPathBytes;
  const parent = onWindows || fits(tmpdir()) ? tmpdir() : '/tmp';
  return mkdtempSync(join(parent, 'eager-'));
}

const connectionFile = (directory: string): string => join(directory, 'connection.json');

/** ipykernel's "ip": an ipc socket is named by it, a dash and its port number. */
const socketPrefix = (directory: string): string => join(directory, 'socket');

const ipcPorts: Ports = { shell_port: 1, iopub_port: 2, stdin_port: 3, control_port: 4, hb_port: 5 };
const anyPorts: Ports = { shell_port: 0, iopub_port: 0, stdin_port: 0, control_port: 0, hb_port: 0 };

function writeConnectionFile(directory: string, transport: 'ipc' | 'tcp', key: string): void {
  const ip = transport === 'ipc' ? socketPrefix(directory) : '127.0.0.1';
  const ports = transport === 'ipc' ? ipcPorts : anyPorts;
  const info = { transport, ip, ...ports, key, signature_scheme: 'hmac-sha256', kernel_name: 'python3' };
  writeFileSync(connectionFile(directory), JSON.stringify(info), { mode: 0o600 });
}

/** Undefined while the kernel is rewriting the file. */
function readPorts(directory: string): Partial<Ports> | undefined {
  try {
    return JSON.parse(readFileSync(connectionFile(directory), 'utf8')) as Partial<Ports>;
  } catch {
    return undefined;
  }
}

function killQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Nobody there any more, which is what was wanted.
  }
}
