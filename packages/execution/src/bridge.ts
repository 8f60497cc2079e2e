import { randomUUID } from 'node:crypto';
import type { Kernel, KernelMessage, ServerConnection } from '@jupyterlab/services';
import { KernelError } from './kernel.js';

type Services = typeof import('@jupyterlab/services');

/** What a connection needs of a kernel. */
export interface KernelLink {
  send(message: KernelMessage.IMessage): void;
  /** Sets who gets the kernel's messages from now on. */
  receive(listener: (message: KernelMessage.IMessage) => void): void;
  interrupt(): void | Promise<void>;
  shutdown(): Promise<void>;
}

/** Who talks to whom. */
export interface BridgeEnds {
  /** The kernel, as a server names it; made up by default. */
  readonly model?: Kernel.IModel;
  /** The session that the connection's messages name in their headers; made up by default. */
  readonly clientId?: string;
}

/** A connection of `@jupyterlab/services`, and the way to tell it that the kernel is gone. */
export interface Bridge {
  readonly connection: Kernel.IKernelConnection;
  /** The connection's status becomes `dead` at once, its futures reject, and it is disposed. */
  announceDeath(): void;
}

/**
 * Gives the client API of Jupyter servers a link of ours instead: to a kernel without a server, or one that mends the
 * connection to a server by itself.
 *
 * A `KernelConnection` needs two things of a server: a WebSocket that carries the messages, and a few REST calls.
 * The first is a class over the link, with a serializer that leaves messages as the objects they are; the second is
 * the `kernelAPIClient` option. So no request reaches `fetch`, and the address below is only a name.
 */
export function bridge(services: Services, link: KernelLink, ends: BridgeEnds = {}): Bridge {
  const serverSettings = services.ServerConnection.makeSettings({
    baseUrl: 'http://kernel.invalid/',
    token: '',
    WebSocket: socketTo(link) as unknown as typeof WebSocket,
    serializer: passThrough,
    fetch: () => Promise.reject(notSupported('HTTP requests')),
  });
  const { model = { id: randomUUID(), name: 'python3' }, clientId = randomUUID() } = ends;
  const kernelAPIClient: Kernel.IKernelAPIClient = {
    serverSettings,
    listRunning: async () => [model],
    getModel: async () => model,
    interrupt: async () => link.interrupt(),
    shutdown: () => link.shutdown(),
    startNew: () => Promise.reject(notSupported('starting a second kernel')),
    restart: () => Promise.reject(notSupported('a restart')),
  };
  const connection = withoutDebugLog(
    () =>
      new services.KernelConnection({ model, clientId, serverSettings, kernelAPIClient, username: 'eager' }),
  );
  return { connection, announceDeath: () => withoutDebugLog(() => connection.handleShutdown()) };
}

/** Messages cross the "socket" as objects: to write JSON only to parse it again would double the work. */
const passThrough: ServerConnection.ISettings['serializer'] = {
  serialize: (message) => message as unknown as ArrayBuffer,
  deserialize: (message) => message as unknown as KernelMessage.IMessage,
};

/** A class with the part of a WebSocket that a `KernelConnection` uses. One instance at a time may be open. */
function socketTo(link: KernelLink) {
  let open = false;
  return class LinkSocket {
    readonly protocol = '';
    binaryType = 'arraybuffer';
    onopen: (event: object) => void = () => {};
    onmessage: (event: { data: KernelMessage.IMessage }) => void = () => {};
    onclose: (event: object) => void = () => {};
    onerror: (event: object) => void = () => {};

    constructor() {
      if (open) throw notSupported('a second connection to it');
      open = true;
      link.receive((message) => this.onmessage({ data: message }));
      // As with any WebSocket, nothing is called before its creator could assign the handlers.
      queueMicrotask(() => this.onopen({}));
    }

    send(message: KernelMessage.IMessage): void {
      link.send(message);
    }

    close(): void {
      open = false;
      link.receive(() => {});
    }
  };
}

function notSupported(what: string): KernelError {
  return new KernelError(`This kernel does not support ${what}. Start a new kernel instead.`);
}

/**
 * Runs `action` while the two lines that a `KernelConnection` logs through `console.debug`, which in Node writes to
 * stdout, are dropped. The action is synchronous and every other line passes, so a program loses none of its own.
 */
function withoutDebugLog<T>(action: () => T): T {
  const debug = console.debug;
  console.debug = (...line: unknown[]) => {
    if (!/^(Starting WebSocket|Kernel): /.test(String(line[0]))) debug.apply(console, line);
  };
  try {
    return action();
  } finally {
    console.debug = debug;
  }
}
