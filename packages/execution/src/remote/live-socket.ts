import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { KernelError } from '../kernel.js';
import { unreachable } from './errors.js';
import type { SocketAddress } from './server.js';

export interface LiveSocketOptions {
  /** How long the opening may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Time between two pings, in milliseconds. A connection that is silent for two of them is taken for broken. */
  readonly heartbeatMs: number;
  /** Ends the attempt to open it. */
  readonly signal: AbortSignal;
  /** The server's base URL, for messages. */
  readonly serverUrl: string;
  /** Why the server refused to open it with this HTTP status. */
  readonly refusal: (status: number) => KernelError;
}

/** A WebSocket to a kernel's channels that acknowledges at once, and notices when nobody is there any more. */
export class LiveSocket {
  /** Of the frames; empty for the protocol of servers before jupyter_server 2. */
  readonly protocol: string;
  onMessage: (data: ArrayBuffer | string) => void = () => {};
  /** Called once, with what broke the connection; not after {@link close}. */
  onBroken: (reason: string) => void = () => {};
  readonly #socket: WebSocket;
  /** What carries the WebSocket. A large frame takes long on a slow link, and shows only here meanwhile. */
  readonly #carrier: Socket;
  readonly #heartbeat: NodeJS.Timeout;
  #bytesHeard = 0;
  #isAsked = false;
  #reason = '';

  /** @throws {KernelError} when it cannot be opened. */
  static async open(address: SocketAddress, options: LiveSocketOptions): Promise<LiveSocket> {
    try {
      return new LiveSocket(await opened(address, [PROTOCOL], options), options.heartbeatMs);
    } catch (error) {
      // An older server selects none of the protocols that it is offered, which ends the handshake.
      if (!/no subprotocol/i.test(String(error))) throw error;
      return new LiveSocket(await opened(address, [], options), options.heartbeatMs);
    }
  }

  private constructor({ socket, carrier }: Opened, heartbeatMs: number) {
    this.#socket = socket;
    this.#carrier = carrier;
    this.protocol = socket.protocol;
    this.#heartbeat = setInterval(() => this.#beat(heartbeatMs), heartbeatMs);
    socket.on('message', (data, isBinary) => {
      // jupyter_server leaves Nagle's algorithm on: its next small frame waits until this one is acknowledged, which our
      // side delays by some 40 ms unless it has something to send. A pong that nobody asked for is legal and ignored.
      // https://www.rfc-editor.org/rfc/rfc6455#section-5.5.3
      socket.pong();
      this.onMessage(isBinary ? (data as ArrayBuffer) : String(data));
    });
    socket.on('error', (error) => {
      this.#reason ||= error.message;
    });
    socket.on('close', (code, text) => {
      clearInterval(this.#heartbeat);
      this.onBroken(this.#reason || text.toString() || `it was closed with code ${code}`);
    });
  }

  send(data: string | ArrayBuffer): void {
    this.#socket.send(data);
  }

  /** Breaks the connection, for this reason. */
  abandon(reason: string): void {
    this.#reason = reason;
    this.#socket.terminate();
  }

  close(): void {
    clearInterval(this.#heartbeat);
    this.onMessage = () => {};
    this.onBroken = () => {};
    this.#socket.close();
  }

  #beat(heartbeatMs: number): void {
    const { bytesRead } = this.#carrier;
    const isSilent = this.#isAsked && bytesRead === this.#bytesHeard;
    this.#bytesHeard = bytesRead;
    this.#isAsked = true;
    if (isSilent) {
      this.abandon(`nothing came for ${(2 * heartbeatMs) / 1000} s`);
    } else {
      this.#socket.ping();
    }
  }
}

/** @see https://jupyter-server.readthedocs.io/en/latest/developers/websocket-protocols.html */
const PROTOCOL = 'v1.kernel.websocket.jupyter.org';

/** A string of JavaScript cannot be much longer. */
const MAX_MESSAGE_BYTES = 512 * 1024 * 1024;

interface Opened {
  readonly socket: WebSocket;
  readonly carrier: Socket;
}

function opened(
  { url, headers, ca }: SocketAddress,
  protocols: string[],
  { timeoutMs, signal, serverUrl, refusal }: LiveSocketOptions,
): Promise<Opened> {
  const socket = new WebSocket(url, protocols, {
    headers,
    handshakeTimeout: timeoutMs,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    ...(ca !== undefined && { ca }),
  });
  socket.binaryType = 'arraybuffer';
  const abandon = () => socket.terminate();
  signal.addEventListener('abort', abandon);
  return new Promise<Opened>((resolve, reject) => {
    socket.once('unexpected-response', (_request, response) => {
      reject(refusal(response.statusCode ?? 0));
      socket.terminate();
    });
    // Stays, because an error that nobody listens to is thrown.
    socket.on('error', (error) => reject(unreachable(serverUrl, error)));
    socket.once('upgrade', ({ socket: carrier }) => {
      socket.once('open', () => resolve({ socket, carrier }));
    });
  }).finally(() => signal.removeEventListener('abort', abandon));
}
