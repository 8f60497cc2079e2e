import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Stands between a client and a server on loopback, and behaves as a network does: slowly, or not at all. */
export class TcpProxy implements AsyncDisposable {
  /** How long each way takes, in milliseconds. */
  delayMs: number;
  readonly #target: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #silenced = new Set<Socket>();
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
    for (const socket of this.#sockets) socket.resetAndDestroy();
    this.#sockets.clear();
  }

  /** Refuses new connections, and breaks those that there are. */
  async refuse(): Promise<void> {
    this.#server.close();
    this.cut();
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
    for (const socket of this.#silenced) socket.destroy();
    if (this.#server.listening) await this.refuse();
  }

  #join(client: Socket): void {
    const server = connect(this.#target, '127.0.0.1');
    this.#forward(client, server);
    this.#forward(server, client);
  }

  #forward(from: Socket, to: Socket): void {
    from.setNoDelay(true);
    this.#sockets.add(from);
    const later = (work: () => void) => {
      if (this.delayMs === 0) work();
      else setTimeout(work, this.delayMs);
    };
    from.on('data', (data) => later(() => to.writable && to.write(data)));
    from.on('end', () => later(() => to.end()));
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.#sockets.delete(from);
      later(() => to.destroy());
    });
  }
}
