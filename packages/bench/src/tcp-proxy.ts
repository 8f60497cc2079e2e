import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Stands between a client and a server on loopback, and behaves as a network does: slowly, or not at all. */
export class TcpProxy implements AsyncDisposable {
  /** How long each way takes, in milliseconds. */
  delayMs: number;
  /** How much it carries each way. */
  bytesPerSecond = Number.POSITIVE_INFINITY;
  readonly #target: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #silenced = new Set<Socket>();
  /** What it still carries to clients until it cuts. */
  #bytesUntilCut = Number.POSITIVE_INFINITY;
  #port = 0;

  /** Resolves when it accepts connections to the target, a port on loopback. */
  static async start(target: number, delayMs = 0): Promise<TcpProxy> {
    const proxy = new TcpProxy(target, delayMs);
    await proxy.accept();
    return proxy;
  }

  private constructor(target: number, delayMs: number) {
    this.#target = target;
    this.delayMs = delayMs;
    this.#server = createServer((client) => this.#join(client));
  }

  get port(): number {
    return this.#port;
  }

  get connections(): number {
    return this.#sockets.size / 2;
  }

  /** Breaks all connections at once; new ones are accepted. What is under way is lost, as it is when a cable is cut. */
  cut(): void {
    this.#bytesUntilCut = Number.POSITIVE_INFINITY;
    for (const socket of this.#sockets) socket.resetAndDestroy();
    this.#sockets.clear();
  }

  /** Does that when clients have got so many bytes more, as a rule in the middle of a frame. */
  cutAfter(bytes: number): void {
    this.#bytesUntilCut = bytes;
  }

  /** Ends all connections in order, as a proxy does that is restarted; new ones are accepted. */
  hangUp(): void {
    for (const socket of this.#sockets) socket.end();
  }

  /** Refuses new connections, and breaks those that there are. */
  async refuse(): Promise<void> {
    this.#server.close();
    this.cut();
    for (const socket of this.#silenced) socket.destroy();
    this.#silenced.clear();
    await once(this.#server, 'close');
  }

  /** Accepts connections again, on the same port. */
  async accept(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (address !== null && typeof address !== 'string') this.#port = address.port;
  }

  /** Keeps the connections that there are open, but carries nothing any more: they are half-open on both sides. */
  silence(): void {
    for (const socket of this.#sockets) {
      socket.removeAllListeners('data').pause();
      this.#silenced.add(socket);
    }
    this.#sockets.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.refuse();
  }

  #join(client: Socket): void {
    const server = connect(this.#target, '127.0.0.1');
    this.#forward(client, server);
    this.#forward(server, client, (data) => {
      const rest = this.#bytesUntilCut;
      if (data.length < rest) {
        this.#bytesUntilCut -= data.length;
        client.write(data);
      } else {
        client.write(data.subarray(0, rest), () => this.cut());
      }
    });
  }

  #forward(from: Socket, to: Socket, write: (data: Buffer) => void = (data) => to.write(data)): void {
    from.setNoDelay(true);
    this.#sockets.add(from);
    const line = new Line();
    from.on('data', (data) => {
      line.carry(this.delayMs, (data.length / this.bytesPerSecond) * 1000, () => {
        if (to.writable && !this.#silenced.has(to)) write(data);
      });
    });
    from.on('end', () => line.carry(this.delayMs, 0, () => to.end()));
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.#sockets.delete(from);
      line.carry(this.delayMs, 0, () => to.destroy());
    });
  }
}

/** One way of a connection: everything arrives later, and in the order in which it was sent. */
class Line {
  readonly #onTheWay: { readonly atMs: number; readonly arrive: () => void }[] = [];
  #freeAtMs = 0;

  /** @param busyMs how long nothing else can be sent meanwhile */
  carry(delayMs: number, busyMs: number, arrive: () => void): void {
    const nowMs = performance.now();
    this.#freeAtMs = Math.max(this.#freeAtMs, nowMs) + busyMs;
    const atMs = this.#freeAtMs + delayMs;
    if (atMs <= nowMs && this.#onTheWay.length === 0) {
      arrive();
      return;
    }
    this.#onTheWay.push({ atMs, arrive });
    if (this.#onTheWay.length === 1) this.#wait(atMs - nowMs);
  }

  #wait(ms: number): void {
    setTimeout(() => {
      this.#onTheWay.shift()?.arrive();
      const [next] = this.#onTheWay;
      if (next) this.#wait(next.atMs - performance.now());
    }, ms);
  }
}
