import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import type { Kernel } from '@jupyterlab/services';
import { type Bridge, bridge, type KernelLink } from './bridge.js';
import { Channels } from './channels.js';
import { type KernelExit, KernelProcess } from './process.js';
import { diedAtStart, notAKernel, tooSlow } from './start-errors.js';

export type { KernelExit } from './process.js';

export interface EmbeddedKernelOptions {
  /** The Python interpreter, as a path or a name on PATH. It must have ipykernel 6.29 or newer. */
  readonly python: string;
  /** The kernel's working directory; by default that of this process. */
  readonly cwd?: string;
  /** Environment variables in addition to, or in place of, those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** How long the kernel may take to answer for the first time, in milliseconds; by default 60,000. */
  readonly startTimeoutMs?: number;
}

/** A Python kernel that is a child of this process, with no server between. */
export interface EmbeddedKernel extends AsyncDisposable {
  readonly connection: Kernel.IKernelConnection;
  readonly pid: number;
  /** Resolves when the process is gone, for whatever reason; by then the connection is dead. */
  readonly exited: Promise<KernelExit>;
  /**
   * Ends the kernel, the processes that it started, and its files, before it returns: for handlers that cannot wait.
   * An `exit` of this process does it by itself; a signal that ends this process without `exit` does not.
   */
  killNow(): void;
  /** Ends the kernel in order, or by force if it has not ended after three seconds. May be called again. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts ipykernel and resolves when it has answered its first request.
 *
 * The process is spawned before anything else is done, so that what is slow here overlaps with what is slow there.
 *
 * @throws {KernelError} saying what happened and what to do, with what the process printed. Nothing is left behind.
 */
export async function startEmbeddedKernel(options: EmbeddedKernelOptions): Promise<EmbeddedKernel> {
  const spawning = KernelProcess.spawn(options);
  // Takes 100–150 ms, while Python takes 300 to start.
  const loading = import('@jupyterlab/services');
  const kernel = await spawning;
  try {
    const channels = await openChannels(kernel, options);
    return await connect(kernel, channels, options.python, await loading);
  } catch (error) {
    kernel.killNow();
    await kernel.exited;
    throw error;
  }
}

async function openChannels(kernel: KernelProcess, options: EmbeddedKernelOptions): Promise<Channels> {
  const { startTimeoutMs = 60_000, python } = options;
  const startup = new AbortController();
  const timer = setTimeout(
    () => startup.abort(tooSlow(python, startTimeoutMs, kernel.output)),
    startTimeoutMs,
  );
  void kernel.exited.then((exit) => startup.abort(diedAtStart(python, exit)));
  try {
    return await Channels.open(kernel, startup.signal);
  } catch (error) {
    // A dying process closes its sockets first; how it died says more than that they closed.
    if (!startup.signal.aborted) await kernel.exitsWithin(500);
    throw startup.signal.aborted ? startup.signal.reason : notAKernel(python, error, kernel.output);
  } finally {
    clearTimeout(timer);
  }
}

async function connect(
  kernel: KernelProcess,
  channels: Channels,
  python: string,
  services: typeof import('@jupyterlab/services'),
): Promise<EmbeddedKernel> {
  const shutdown = async (): Promise<void> => {
    await kernel.stop(() => channels.requestShutdown());
    await exited;
  };
  const link: KernelLink = {
    send: (message) => channels.send(message),
    receive: (listener) => {
      channels.onMessage = listener;
    },
    interrupt: () => kernel.interrupt(),
    shutdown,
  };
  const client = bridge(services, link);
  const exited = untilGone(kernel, channels, client);
  const exit = await Promise.race([client.connection.info.then(() => undefined), exited]);
  if (exit) throw diedAtStart(python, exit);
  return {
    connection: client.connection,
    pid: kernel.pid,
    exited,
    killNow: () => kernel.killNow(),
    [Symbol.asyncDispose]: shutdown,
  };
}

/** Announces the end of the process, after everything that it has sent. */
async function untilGone(kernel: KernelProcess, channels: Channels, client: Bridge): Promise<KernelExit> {
  let cause: Error | undefined;
  void channels.lost.then(async (error) => {
    cause = error;
    // A kernel with a lost channel keeps its client waiting for ever. But first see whether it is just leaving; at that,
    // ipykernel 7.4 hangs every other time.
    if (!(await kernel.exitsWithin(500))) kernel.killNow();
  });
  const exit = await kernel.exited;
  // Read its last words. A descendant in another session may hold the sockets open: there are no further words then.
  await Promise.race([channels.ended, delay(100, undefined, { ref: false })]);
  await nextTurn();
  channels.close();
  client.announceDeath();
  return cause ? { ...exit, cause } : exit;
}
