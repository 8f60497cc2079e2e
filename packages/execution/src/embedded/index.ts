import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import type { Kernel } from '@jupyterlab/services';
import { type Bridge, bridge, type KernelLink } from '../bridge.js';
import { KernelError } from '../kernel.js';
import { Channels } from './channels.js';
import type { ForkServer } from './fork-server.js';
import { type Launcher, launchCommand, launchPython } from './launch.js';
import { type KernelExit, KernelProcess, type Requests } from './process.js';
import { launchSandboxed, type SandboxOptions } from './sandbox.js';
import { diedAtStart, notAKernel, tooSlow } from './start-errors.js';

export { ForkServer, type ForkServerOptions } from './fork-server.js';
export type { KernelExit } from './process.js';
export type { SandboxOptions } from './sandbox.js';

export interface EmbeddedKernelOptions {
  /** The Python interpreter, as a path or a name on PATH. It must have ipykernel 6.29 or newer. */
  readonly python: string;
  /** The kernel's working directory; by default that of this process. */
  readonly cwd?: string;
  /** Environment variables in addition to, or in place of, those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * The command that starts the kernel, instead of the interpreter itself: its words, in which `{python}`,
   * `{connection_file}` and `{folder}` are replaced. The folder holds the connection file, and then the sockets; where
   * the kernel has a file system of its own, the folder has to be there under the same name.
   */
  readonly launch?: readonly string[];
  /** Runs the kernel in a sandbox, with no network and a read-only view of little more than the working folder. */
  readonly sandbox?: SandboxOptions;
  /** Has the kernel forked by a process that has imported what it needs. It is to have the same interpreter. */
  readonly forkServer?: ForkServer;
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
 * @param onDropped called with what was wrong with a message on iopub that was ignored
 * @throws {KernelError} saying what happened and what to do, with what the process printed. Nothing is left behind.
 */
export async function startEmbeddedKernel(
  options: EmbeddedKernelOptions,
  onDropped: (error: Error) => void = () => {},
): Promise<EmbeddedKernel> {
  const spawning = KernelProcess.start(launcherFor(options));
  // Takes 100–150 ms, while Python takes 300 to start.
  const loading = import('@jupyterlab/services');
  const kernel = await spawning;
  try {
    const channels = await openChannels(kernel, options);
    channels.onDropped = onDropped;
    return await connect(kernel, channels, options.python, await loading);
  } catch (error) {
    kernel.killNow();
    await kernel.exited;
    throw error;
  }
}

function launcherFor(options: EmbeddedKernelOptions): Launcher {
  const { launch, sandbox, forkServer } = options;
  if ([launch, sandbox, forkServer].filter((way) => way !== undefined).length > 1) {
    throw new KernelError(
      'A kernel is started by a launch command, in a sandbox, or by a fork server: choose one of these.',
    );
  }
  if (launch) return launchCommand(launch, options);
  if (sandbox) return launchSandboxed(sandbox, options);
  if (forkServer) return (folder, onPid) => forkServer.launch(folder, onPid, options);
  return launchPython(options);
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
    const channels = await Channels.open(kernel, startup.signal);
    kernel.onConnected();
    return channels;
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
  const requests: Requests = {
    shutdown: () => channels.requestShutdown(),
    interrupt: () => channels.requestInterrupt(),
  };
  const shutdown = async (): Promise<void> => {
    await kernel.stop(requests);
    await exited;
  };
  const link: KernelLink = {
    send: (message) => channels.send(message),
    receive: (listener) => {
      channels.onMessage = listener;
    },
    interrupt: () => kernel.interrupt(requests),
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
