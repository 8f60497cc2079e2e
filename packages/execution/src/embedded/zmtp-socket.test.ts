import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeGreeting, encodeMessage, encodeReady, ZmtpDecoder, ZmtpError } from './zmtp.js';
import { connectZmtp, type ZmtpSocket, type ZmtpSocketOptions } from './zmtp-socket.js';

/** A bound ZeroMQ socket, as far as these tests need one. */
class Peer {
  readonly received: string[][] = [];
  readonly identities: string[] = [];
  socket: Socket | undefined;
  readonly #server;

  constructor(socketType = 'ROUTER') {
    this.#server = createServer((socket) => {
      this.socket = socket.on('error', () => {});
      const decoder = new ZmtpDecoder();
      socket.write(Buffer.concat([encodeGreeting(), encodeReady({ 'Socket-Type': socketType })]));
      socket.on('data', (bytes) => {
        for (const event of decoder.push(bytes)) {
          if (event.type === 'ready') this.identities.push(`${event.properties.get('identity')}`);
          if (event.type === 'message') {
            this.received.push(event.frames.map((frame) => frame.toString('latin1')));
            socket.emit('message');
          }
        }
      });
    });
  }

  async bind(path: string): Promise<void> {
    this.#server.listen(path);
    await once(this.#server, 'listening');
  }

  async message(): Promise<void> {
    if (this.socket) await once(this.socket, 'message');
  }

  close(): void {
    this.socket?.destroy();
    this.#server.close();
  }
}

describe('connectZmtp', () => {
  let directory: string;
  let path: string;
  let peer: Peer | undefined;
  let socket: ZmtpSocket | undefined;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'eager-'));
    path = join(directory, 'socket');
  });
  afterEach(() => {
    socket?.close();
    peer?.close();
    rmSync(directory, { recursive: true });
  });

  const never = new AbortController().signal;
  const ignored = { onMessage: () => {}, onClose: () => {} };

  it('waits until the socket is bound, then tells its identity and sends', async () => {
    const connecting = connectZmtp({ path }, { ...ignored, type: 'DEALER', identity: 'me' }, never);
    peer = new Peer();
    await peer.bind(path);
    socket = await connecting;
    socket.send([Buffer.from('a'), Buffer.from('b')]);
    await peer.message();
    expect(peer.identities).toEqual(['me']);
    expect(peer.received).toEqual([['a', 'b']]);
  });

  it('subscribes to everything when it is a SUB, and passes messages on', async () => {
    peer = new Peer('XPUB');
    await peer.bind(path);
    const message = new Promise<string>((resolve) => {
      const onMessage: ZmtpSocketOptions['onMessage'] = (frames) => resolve(frames.join());
      void connectZmtp({ path }, { ...ignored, type: 'SUB', onMessage }, never).then(async (open) => {
        socket = open;
        await peer?.message();
        peer?.socket?.write(encodeMessage([Buffer.from('topic'), Buffer.from('news')]));
      });
    });
    expect(await message).toBe('topic,news');
    expect(peer.received).toEqual([['\x01']]);
  });

  it('gives up with the reason of the signal while nobody listens', async () => {
    const reason = new Error('no more');
    const abort = new AbortController();
    const connecting = connectZmtp({ path }, { ...ignored, type: 'DEALER' }, abort.signal);
    abort.abort(reason);
    await expect(connecting).rejects.toBe(reason);
  });

  it('gives up with the reason of the signal while the peer is silent', async () => {
    const server = createServer().listen(path);
    const abort = new AbortController();
    const connecting = connectZmtp({ path }, { ...ignored, type: 'DEALER' }, abort.signal);
    await once(server, 'connection');
    abort.abort(new Error('no more'));
    await expect(connecting).rejects.toThrow('no more');
    server.close();
  });

  it.each([
    { name: 'is not ZeroMQ', says: 'HTTP/1.1 400 Bad Request', error: /does not speak ZMTP/ },
    { name: 'leaves', says: '', error: /closed the connection during the ZMTP handshake/ },
  ])('rejects when the peer $name', async ({ says, error }) => {
    const server = createServer((client) =>
      client
        .on('error', () => {})
        .resume()
        .end(says),
    ).listen(path);
    await expect(connectZmtp({ path }, { ...ignored, type: 'DEALER' }, never)).rejects.toThrow(error);
    server.close();
  });

  it('rejects when the peer has a socket of the wrong type', async () => {
    peer = new Peer('PUB');
    await peer.bind(path);
    await expect(connectZmtp({ path }, { ...ignored, type: 'DEALER' }, never)).rejects.toThrow(
      'A DEALER socket cannot talk to a socket of type "PUB".',
    );
  });

  it.each([
    {
      name: 'without a reason when the peer ends',
      end: (client?: Socket) => client?.end(),
      reason: undefined,
    },
    {
      name: 'with the error when the peer breaks the protocol',
      end: (client?: Socket) => client?.write('\xff'),
      reason: ZmtpError,
    },
    {
      name: 'with the error of its own listener',
      end: (client?: Socket) => client?.write(encodeMessage([Buffer.of()])),
      reason: RangeError,
    },
  ])('closes $name', async ({ end, reason }) => {
    peer = new Peer();
    await peer.bind(path);
    const closed = new Promise<Error | undefined>((resolve) => {
      const onMessage = (): void => {
        throw new RangeError('not understood');
      };
      void connectZmtp({ path }, { type: 'DEALER', onMessage, onClose: resolve }, never).then((open) => {
        socket = open;
        end(peer?.socket);
      });
    });
    const error = await closed;
    if (reason) expect(error).toBeInstanceOf(reason);
    else expect(error).toBeUndefined();
    // A message that comes too late is dropped, not an error.
    socket?.send([Buffer.of()]);
  });
});
