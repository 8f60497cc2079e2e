import { setTimeout as delay } from 'node:timers/promises';
import { KernelError } from '../kernel.js';
import { KernelFolder, onWindows, type Transport } from './kernel-folder.js';
import { type KernelLaunch, killQuietly, type Launcher, type ProcessEnd } from './launch.js';
import { type Guarded, guardFolder } from './orphan-guard.js';

/** How a kernel's process ended. */
export interface KernelExit extends ProcessEnd {
  /** The last 8,192 characters that the process itself wrote to stdout and stderr: log lines, a crash report. */
  readonly output: string;
  /** The broken message that made us end it, if that is why. */
  readonly cause?: Error;
}

/** The ways to ask a kernel for something by a message. */
export interface Requests {
  shutdown(): void;
  interrupt(): void;
}

/**
 * The process of a kernel, leader of a process group of its own, with a private folder. The group and the folder go
 * when the process goes, and when this process does.
 */
export class KernelProcess {
  readonly pid: number;
  readonly folder: KernelFolder;
  readonly exited: Promise<KernelExit>;
  readonly #launch: KernelLaunch;
  readonly #guarded: Guarded;
  #hasEnded = false;

  /** @throws {KernelError} when the launcher cannot run its program at all. */
  static async start(launcher: Launcher, transport?: Transport): Promise<KernelProcess> {
    const folder = new KernelFolder(transport);
    const guarded = guardFolder(folder.path);
    try {
      return new KernelProcess(await launcher(folder, guarded.ledBy), folder, guarded);
    } catch (error) {
      folder.remove();
      guarded.release();
      throw error;
    }
  }

  private constructor(launch: KernelLaunch, folder: KernelFolder, guarded: Guarded) {
    this.pid = launch.pid;
    this.folder = folder;
    this.#launch = launch;
    this.#guarded = guarded;
    killAtExit(this);
    this.exited = this.#watchExit();
  }

  /** What `KernelExit.output` would hold now. */
  get output(): string {
    return this.#launch.output();
  }

  /**
   * Interrupts the kernel and the processes that it started, as jupyter_client and a terminal's Ctrl-C do: a program
   * that waits for `subprocess.run` gets its prompt back only when the child ends too.
   */
  interrupt(requests: Requests): void {
    if (this.#launch.interruptedBy === 'message') {
      requests.interrupt();
    } else if (onWindows) {
      throw new KernelError(
        'An embedded kernel cannot be interrupted on Windows, where only the process that created a kernel with ' +
          'an interrupt event can. Run the kernel on a Jupyter server instead.',
      );
    } else {
      this.#signal('SIGINT');
    }
  }

  /** Asks the process to end, with growing insistence, and resolves when it is gone. */
  async stop(requests: Requests): Promise<void> {
    requests.shutdown();
    if (await this.exitsWithin(1000)) return;
    // A busy kernel obeys only when its program has ended, hence the interrupt.
    if (!onWindows) this.interrupt(requests);
    if (await this.exitsWithin(2000)) return;
    this.#signal('SIGTERM');
    if (await this.exitsWithin(500)) return;
    this.#signal('SIGKILL');
    await this.exited;
  }

  /** Ends the process group and removes the folder before it returns. */
  killNow(): void {
    this.#signal('SIGKILL');
    this.#cleanUp();
  }

  /** To be called when all sockets are connected. */
  onConnected(): void {
    if (this.#launch.hidesFolder) this.folder.remove();
  }

  async exitsWithin(timeoutMs: number): Promise<boolean> {
    const timer = new AbortController();
    const late = delay(timeoutMs, false, { signal: timer.signal }).catch(() => false);
    const gone = await Promise.race([this.exited.then(() => true), late]);
    timer.abort();
    return gone;
  }

  async #watchExit(): Promise<KernelExit> {
    const end = await this.#launch.ended;
    this.#hasEnded = true;
    alive.delete(this);
    // Nothing of a program outlives its kernel, unless it moved to a session of its own.
    if (!onWindows) killQuietly(-this.pid, 'SIGKILL');
    // A descendant in another session may keep the pipes open: what the kernel wrote is there long before.
    await Promise.race([this.#launch.drained, delay(100, undefined, { ref: false })]);
    const { output } = this;
    this.#cleanUp();
    return { ...end, output };
  }

  #cleanUp(): void {
    this.folder.remove();
    this.#guarded.release();
  }

  /** Only while the process has not been reaped: afterwards its number may be another's. */
  #signal(signal: NodeJS.Signals): void {
    if (!this.#hasEnded) killQuietly(onWindows ? this.pid : -this.pid, signal);
  }
}

/** The kernels to end with this process. Without this their folders would stay behind for a second. */
const alive = new Set<KernelProcess>();

function killAtExit(kernel: KernelProcess): void {
  if (!process.listeners('exit').includes(killAll)) process.on('exit', killAll);
  alive.add(kernel);
}

function killAll(): void {
  for (const kernel of alive) kernel.killNow();
}
