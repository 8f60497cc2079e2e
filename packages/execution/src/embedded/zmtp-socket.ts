import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import {
  encodeGreeting,
  encodeMessage,
  encodeReady,
  encodeSubscribeToAll,
  ZmtpDecoder,
  ZmtpError,
} from './zmtp.js';

export interface ZmtpSocketOptions {
  readonly type: 'DEALER' | 'SUB';
  /** Names a DEALER to the ROUTER that it talks to: 1–255 bytes, the first not 0. */
  readonly identity?: string;
  /** Called with each message, from the first that follows the handshake. It may throw: that closes the socket. */
  readonly onMessage: (frames: readonly Buffer[]) => void;
  /** Called once when an open socket has closed, with the reason unless the peer ended it or `close` was called. */
  readonly onClose: (error?: Error) => void;
}

/** An open ZMTP connection. A SUB socket has subscribed to everything. */
export interface ZmtpSocket {
  /** Sends one message. After the socket has closed, the message is dropped. */
  send(frames: readonly Buffer[]): void;
  close(): void;
}

/** The peer's types that make sense on the other side (RFC 23, "Socket-Type"). */
const partners = { DEALER: ['ROUTER', 'DEALER', 'REP'], SUB: ['PUB', 'XPUB'] } as const;

/** A kernel binds its sockets one by one while it starts, so we knock until somebody opens. */
const knockEveryMs = 5;

/**
 * Connects to a bound ZeroMQ socket, waiting until it is bound, and resolves after the handshake.
 *
 * @param signal Gives up: the promise rejects with its reason.
 */
export async function connectZmtp(
  address: NetConnectOpts,
  options: ZmtpSocketOptions,
  signal: AbortSignal,
): Promise<ZmtpSocket> {
  for (;;) {
    const socket = await dial(address, signal);
    if (socket) return handshake(socket, options, signal);
    await delay(knockEveryMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

/** The connected socket, or undefined when nobody listens there yet. */
function dial(address: NetConnectOpts, signal: AbortSignal): Promise<Socket | undefined> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const socket = connect(address);
    // Frames are small and each waits for an answer: never hold one back for the acknowledgement of another.
    socket.setNoDelay(true);
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(undefined);
      else reject(error);
    });
  });
}

function handshake(socket: Socket, options: ZmtpSocketOptions, signal: AbortSignal): Promise<ZmtpSocket> {
  return new Promise((resolve, reject) => {
    const decoder = new ZmtpDecoder();
    let open = false;
    let failure: Error | undefined;

    const receive = (bytes: Buffer): void => {
      for (const event of decoder.push(bytes)) {
        if (event.type === 'message') {
          options.onMessage(event.frames);
        } else if (event.type === 'greeting') {
          socket.write(encodeReady({ 'Socket-Type': options.type, Identity: options.identity ?? '' }));
        } else {
          checkPartner(options.type, event.properties.get('socket-type')?.toString('latin1') ?? '');
          if (options.type === 'SUB') socket.write(encodeSubscribeToAll());
          signal.removeEventListener('abort', giveUp);
          open = true;
          resolve({
            send: (frames) => void (socket.writable && socket.write(encodeMessage(frames))),
            close: () => void socket.destroy(),
          });
        }
      }
    };
    const giveUp = (): void => void socket.destroy(signal.reason);

    socket.on('data', (bytes) => {
      try {
        receive(bytes);
      } catch (error) {
        socket.destroy(error instanceof Error ? error : new Error(String(error)));
      }
    });
    socket.once('error', (error) => {
      failure = error;
    });
    socket.once('close', () => {
      signal.removeEventListener('abort', giveUp);
      if (open) options.onClose(failure);
      else reject(failure ?? new ZmtpError('The peer closed the connection during the ZMTP handshake.'));
    });
    signal.addEventListener('abort', giveUp, { once: true });
    if (signal.aborted) giveUp();
    else socket.write(encodeGreeting());
  });
}

function checkPartner(ours: 'DEALER' | 'SUB', theirs: string): void {
  if (!partners[ours].some((type) => type === theirs)) {
    throw new ZmtpError(`A ${ours} socket cannot talk to a socket of type ${JSON.stringify(theirs)}.`);
  }
}
