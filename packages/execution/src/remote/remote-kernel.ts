import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { from, type Observable, switchMap } from 'rxjs';
import { bridge } from '../bridge.js';
import type { JournalOwner } from '../driver.js';
import { JupyterKernel } from '../jupyter-kernel.js';
import type { Kernel, KernelError } from '../kernel.js';
import { type ConnectionState, RemoteChannels } from './channels.js';
import { chooseKernel, type KernelChoice } from './choose-kernel.js';
import { lost, NotFoundError, TransientError } from './errors.js';
import type { KernelModel } from './listing.js';
import { Server, type ServerOptions } from './server.js';

export type RemoteKernelOptions = ServerOptions &
  KernelChoice & {
    /** How long starting the kernel may take, in milliseconds; by default 120,000, for clusters are slow. */
    readonly startTimeoutMs?: number;
    /** For how long a broken connection is opened anew before the kernel counts as lost, in milliseconds; by default 300,000. */
    readonly reconnectTimeoutMs?: number;
    /** Time between two pings that find a connection that is dead but open, in milliseconds; by default 5,000. */
    readonly heartbeatMs?: number;
  };

/** A kernel on a Jupyter server. */
export interface RemoteKernel extends Kernel {
  /** The state of the connection on subscription, then every change. Errors when there is no kernel to connect to. */
  readonly connection$: Observable<ConnectionState>;
  /** The kernel's id on the server. */
  readonly id: Promise<string>;
  /** The version of its Python, such as `3.11.7`; empty when the kernel was lost before it said so. Waits while it is busy. */
  pythonVersion(): Promise<string>;
}

/**
 * A kernel on a Jupyter server: a new one, or one that runs already.
 *
 * Returns at once, as `embeddedKernel` does; a kernel that cannot be had is the error of the first run. A connection that
 * breaks is opened anew, and the program goes on meanwhile. Disposing ends the kernel if it was started here, and
 * otherwise leaves it to the others.
 *
 * ```ts
 * await using kernel = remoteKernel({ url: 'https://host/user/me/', token, kernelName: 'python3' });
 * ```
 */
export function remoteKernel(options: RemoteKernelOptions): RemoteKernel {
  const session = randomUUID();
  const isOurs = options.kernelId === undefined && options.session === undefined;
  return new ServerKernel(openKernel(options, session), { session, patienceMs: patienceMs(options) }, isOurs);
}

class ServerKernel extends JupyterKernel implements RemoteKernel {
  readonly connection$: Observable<ConnectionState>;
  readonly id: Promise<string>;
  readonly #opening: Promise<OpenKernel>;

  constructor(opening: Promise<OpenKernel>, client: JournalOwner, isOurs: boolean) {
    super({
      connection: opening.then(({ connection }) => connection),
      gone: opening.then(
        ({ channels }) => channels.lost,
        (error: KernelError) => error,
      ),
      journalFor: client,
      ...(isOurs && { kill: async () => (await opening).dispose() }),
      dispose: async () => (await opening.catch(() => undefined))?.dispose(),
    });
    this.#opening = opening;
    this.connection$ = from(opening).pipe(switchMap(({ channels }) => channels.state$));
    this.id = opening.then(({ id }) => id);
    this.id.catch(() => {}); // Whoever runs a program hears of it.
  }

  async pythonVersion(): Promise<string> {
    const { connection, channels } = await this.#opening;
    const info = await Promise.race([connection.info, channels.lost.then(() => undefined)]);
    return info?.language_info.version ?? '';
  }
}

type OpenKernel = Awaited<ReturnType<typeof openKernel>>;

async function openKernel(options: RemoteKernelOptions, session: string) {
  const { startTimeoutMs = 120_000, reconnectTimeoutMs = RECONNECT_MS, heartbeatMs = HEARTBEAT_MS } = options;
  // Takes 100–150 ms, while the server starts the kernel.
  const loading = import('@jupyterlab/services');
  const server = new Server(options);
  const { model, isOurs } = await chooseKernel(server, options, startTimeoutMs);
  const services = await loading;
  const path = `api/kernels/${encodeURIComponent(model.id)}`;
  const channels = new RemoteChannels(
    {
      url: server.url.href,
      address: (name) => server.socketAddress(`${path}/channels?session_id=${name}`),
      check: () => checkKernel(server, path),
      refusal: (status) => server.refusal(status),
    },
    {
      session,
      serializer: services.ServerConnection.makeSettings().serializer,
      isBusy: !isOurs && model.execution_state === 'busy',
      ...{ startTimeoutMs, reconnectTimeoutMs, heartbeatMs },
    },
  );
  const remove = () => removeKernel(server, path);
  const { connection, announceDeath } = bridge(
    services,
    {
      send: (message) => channels.send(message),
      receive: (listener) => {
        channels.onMessage = listener;
      },
      interrupt: () => server.post(`${path}/interrupt`),
      shutdown: remove,
    },
    { model, clientId: session },
  );
  let isLost = false;
  void channels.lost.then(() => {
    isLost = true;
    announceDeath();
  });
  const dispose = async () => {
    const wasLost = isLost;
    if (!isOurs && !wasLost && channels.isBusyWithUs) await server.post(`${path}/interrupt`).catch(() => {});
    channels.close(isOurs ? lost.shutDown() : lost.left());
    if (isOurs)
      await remove().catch((error: unknown) => {
        // Whoever ran a program has heard why.
        if (!wasLost) throw error;
      });
  };
  try {
    await channels.open();
  } catch (error) {
    if (isOurs) await remove().catch(() => {});
    throw error;
  }
  return { id: model.id, connection, channels, dispose };
}

/** How long a program waits for a client of which nothing comes: longer than the client goes on trying to come back. */
function patienceMs({
  reconnectTimeoutMs = RECONNECT_MS,
  heartbeatMs = HEARTBEAT_MS,
}: RemoteKernelOptions): number {
  return Math.min(Math.max(2 * reconnectTimeoutMs, 10 * heartbeatMs), LONGEST_PATIENCE_MS);
}

const RECONNECT_MS = 300_000;
const HEARTBEAT_MS = 5_000;
/** Python takes no infinity here. */
const LONGEST_PATIENCE_MS = 365 * 24 * 3_600_000;

/** Ends a kernel. A server that is just restarting it refuses that at first. */
async function removeKernel(server: Server, path: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await server.delete(path);
    } catch (error) {
      if (error instanceof NotFoundError) return;
      if (error instanceof TransientError || attempt === REMOVE_ATTEMPTS) throw error;
      await delay(REMOVE_PAUSE_MS);
    }
  }
}

const REMOVE_ATTEMPTS = 4;
const REMOVE_PAUSE_MS = 500;

/** Asks the server whether it still has the kernel, before the connection is opened anew. */
async function checkKernel(server: Server, path: string): Promise<void> {
  let model: KernelModel;
  try {
    model = await server.get(path);
  } catch (error) {
    if (error instanceof NotFoundError) throw lost.deleted();
    throw error;
  }
  if (model.execution_state === 'dead') throw lost.died();
}
