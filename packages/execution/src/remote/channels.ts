import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { KernelMessage, ServerConnection } from '@jupyterlab/services';
import { BehaviorSubject, type Observable } from 'rxjs';
import { KernelError } from '../kernel.js';
import { CatchUp } from './catch-up.js';
import { Delivery } from './delivery.js';
import { GoneError, lost, TransientError } from './errors.js';
import { KernelIdentity } from './kernel-identity.js';
import { LiveSocket } from './live-socket.js';
import type { SocketAddress } from './server.js';

/** How it stands with the connection to a kernel on a server. */
export type ConnectionState =
  /** Opened for the first time. */
  | { readonly type: 'connecting' }
  | {
      readonly type: 'connected';
      /** The kernel runs a program of another client, and ours waits for its turn. */
      readonly isBusyWithOthers: boolean;
    }
  /** It broke, and is being opened anew. The program goes on meanwhile. */
  | {
      readonly type: 'reconnecting';
      /** When it broke, as `Date.now()` gives it. */
      readonly since: number;
      /** What broke it. */
      readonly reason: string;
    }
  /** For good, and not by our own will. Always the last state. */
  | { readonly type: 'lost'; readonly error: KernelError };

/** Where the channels of one kernel are, and what can be asked about it there. */
export interface ChannelsEndpoint {
  /** The server's base URL, for messages. */
  readonly url: string;
  /** The address of the channels' WebSocket. The server restores what it has kept for an absent client of this name. */
  address(name: string): Promise<SocketAddress>;
  /**
   * Rejects with a {@link GoneError} when the kernel is no more, with a {@link TransientError} when the server cannot be
   * asked at the moment, and with another error when it will not answer.
   */
  check(): Promise<void>;
  /** Why the server refused to open the WebSocket with this HTTP status. */
  refusal(status: number): KernelError;
}

export interface ChannelsOptions {
  /** The session in the headers of our messages. */
  readonly session: string;
  readonly serializer: ServerConnection.ISettings['serializer'];
  /** Whether the kernel runs somebody's program when the connection opens. */
  readonly isBusy: boolean;
  /** How long the first opening may take, in milliseconds: the server holds it back until the kernel has answered. */
  readonly startTimeoutMs: number;
  /** For how long a broken connection is opened anew, in milliseconds. */
  readonly reconnectTimeoutMs: number;
  /** Time between two pings, in milliseconds. A connection that is silent for two of them is taken for broken. */
  readonly heartbeatMs: number;
}

type Message = KernelMessage.IMessage;

/**
 * The channels of one kernel over a WebSocket, and the life of that connection: it is opened, watched by pings, opened
 * anew when it breaks, and lost only when the kernel is, or when the server stays away for too long.
 *
 * Nothing is lost in between: what is sent meanwhile waits here, and {@link CatchUp} sees to what was on its way.
 *
 * @see https://jupyter-server.readthedocs.io/en/latest/developers/websocket-protocols.html
 */
export class RemoteChannels {
  /** The state on subscription, then every change. Completes when the connection is over. */
  readonly state$: Observable<ConnectionState>;
  /** Resolves when the connection is lost or closed, with what happened. */
  readonly lost: Promise<KernelError>;
  /** Gets every message of the kernel, once, in order. */
  onMessage: (message: Message) => void = () => {};
  readonly #endpoint: ChannelsEndpoint;
  readonly #options: ChannelsOptions;
  readonly #state = new BehaviorSubject<ConnectionState>({ type: 'connecting' });
  readonly #delivery: Delivery;
  readonly #catchUp: CatchUp;
  readonly #kernel: KernelIdentity;
  readonly #closing = new AbortController();
  #socket: LiveSocket | undefined;
  /** By which the server knows us. */
  #name: string;
  /** What is to be sent when that is possible again. */
  readonly #outbox: Message[] = [];
  #watch: NodeJS.Timeout | undefined;
  /** Set while attempts to reconnect go on, or have led to a connection that has brought no answer yet. */
  #outage: { readonly since: number; readonly sinceMs: number; attempts: number } | undefined;
  #setLost: (error: KernelError) => void = () => {};

  constructor(endpoint: ChannelsEndpoint, options: ChannelsOptions) {
    this.#endpoint = endpoint;
    this.#options = options;
    this.#name = options.session;
    this.#delivery = new Delivery(options.session);
    this.#catchUp = new CatchUp(this.#delivery, {
      write: (message) => this.#write(message),
      deliver: (message) => this.#deliver(message),
      onCaughtUp: () => this.#flush(),
      isProven: () => this.#outage === undefined,
      abandon: (reason) => this.#socket?.abandon(reason),
      lose: (error) => this.#lose(error),
    });
    this.#kernel = new KernelIdentity(options.session, options.isBusy);
    this.state$ = this.#state.asObservable();
    this.lost = new Promise((resolve) => {
      this.#setLost = resolve;
    });
  }

  /**
   * Opens the connection. Once only: what breaks at the start does not mend by itself.
   *
   * @throws {KernelError} what {@link lost} then resolves with, too
   */
  async open(): Promise<void> {
    try {
      await this.#connect(this.#options.startTimeoutMs);
      this.#flush();
      this.#watch = setInterval(() => void this.#check(), CHECK_EVERY * this.#options.heartbeatMs);
    } catch (error) {
      this.#lose(asKernelError(error));
      throw asKernelError(error);
    }
  }

  /** Whether the kernel runs a program of ours, as far as it has said. */
  get isBusyWithUs(): boolean {
    return this.#kernel.isBusyWithUs;
  }

  send(message: Message): void {
    if (this.#socket && !this.#catchUp.isUnderWay) this.#write(message);
    else this.#outbox.push(message);
  }

  /** Ends the connection for good; `reason` is what {@link lost} resolves with if nothing else has before. */
  close(reason: KernelError): void {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    this.#catchUp.stop();
    clearInterval(this.#watch);
    // A program of ours that has not begun yet would wait for us when it does.
    const isQueued = this.#delivery.isUnderWay && !this.isBusyWithUs;
    if (isQueued) this.#write(this.#delivery.word('eager_leave_request'));
    this.#hangUp(isQueued ? LEAVE_MS : 0);
    this.#state.complete();
    this.#setLost(reason);
  }

  /** @param afterMs a server drops what it has not handed on when the connection closes */
  #hangUp(afterMs: number): void {
    const socket = this.#socket;
    this.#socket = undefined;
    if (!socket) return;
    socket.onMessage = () => {};
    socket.onBroken = () => {};
    if (afterMs > 0) setTimeout(() => socket.close(), afterMs);
    else socket.close();
  }

  #lose(error: KernelError): void {
    if (!this.#closing.signal.aborted) this.#state.next({ type: 'lost', error });
    this.close(error);
  }

  async #connect(timeoutMs: number): Promise<void> {
    const { signal } = this.#closing;
    const { url: serverUrl, refusal } = this.#endpoint;
    const { heartbeatMs } = this.#options;
    const address = await this.#endpoint.address(this.#name);
    const socket = await LiveSocket.open(address, { timeoutMs, heartbeatMs, signal, serverUrl, refusal });
    if (signal.aborted) return socket.close();
    socket.onMessage = (data) => this.#receive(data, socket.protocol);
    socket.onBroken = (reason) => {
      this.#socket = undefined;
      this.#catchUp.stop();
      void this.#reconnect(reason);
    };
    this.#socket = socket;
    this.#state.next({ type: 'connected', isBusyWithOthers: this.#kernel.isBusyWithOthers });
  }

  /** A server does not say that somebody has shut the kernel down. Whatever else goes wrong, the connection tells. */
  async #check(): Promise<void> {
    if (!this.#socket) return;
    if (this.#delivery.isAsked) this.#write(this.#delivery.word('eager_alive_request'));
    await this.#endpoint.check().catch((error: unknown) => {
      if (error instanceof GoneError) this.#lose(error);
    });
  }

  async #reconnect(reason: string): Promise<void> {
    const { signal } = this.#closing;
    // When a client comes back twice in a short time, the channels that a jupyter_server restores for it may carry nothing
    // any more. Under another name it gets new ones, and the journal sends there what it has to say.
    if (this.#outage && this.#delivery.hasJournal) this.#name = randomUUID();
    this.#outage ??= { since: Date.now(), sinceMs: performance.now(), attempts: 0 };
    const outage = this.#outage;
    this.#state.next({ type: 'reconnecting', since: outage.since, reason });
    while (!signal.aborted) {
      await delay(pauseMs(outage.attempts++), undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      try {
        await this.#endpoint.check();
        await this.#connect(RECONNECT_ATTEMPT_MS);
        return this.#catchUp.begin();
      } catch (cause) {
        const error = asKernelError(cause);
        if (error instanceof GoneError) return this.#lose(error);
        if (!(error instanceof TransientError)) return this.#lose(lost.refused(this.#endpoint.url, error));
        const outageMs = performance.now() - outage.sinceMs;
        if (outageMs >= this.#options.reconnectTimeoutMs) {
          return this.#lose(lost.unreachable(this.#endpoint.url, outageMs, error));
        }
      }
    }
  }

  #flush(): void {
    for (const message of this.#outbox.splice(0)) this.send(message);
  }

  #write(message: Message): void {
    this.#delivery.sent(message);
    this.#socket?.send(this.#options.serializer.serialize(message, this.#socket.protocol));
  }

  #deliver(message: Message): void {
    const { value: state } = this.#state;
    const { isBusyWithOthers } = this.#kernel;
    if (state.type === 'connected' && state.isBusyWithOthers !== isBusyWithOthers) {
      this.#state.next({ type: 'connected', isBusyWithOthers });
    }
    this.onMessage(message);
  }

  #receive(data: ArrayBuffer | string, protocol: string): void {
    try {
      // The declaration forgets the text that messages without buffers are in the older protocol.
      const message = this.#options.serializer.deserialize(data as ArrayBuffer, protocol);
      // Channels that a server restores may carry what is published and nothing else. The journal answers on another one.
      if (message.channel !== 'iopub' || !this.#delivery.hasJournal) this.#outage = undefined;
      const error = this.#kernel.take(message);
      if (error) this.#lose(error);
      else this.#catchUp.take(message);
    } catch (error) {
      this.#lose(lost.unreadable(this.#endpoint.url, error));
    }
  }
}

/** In heartbeats. */
const CHECK_EVERY = 2;

/** How long a connection stays open for its last message to be handed on. */
const LEAVE_MS = 500;

const RECONNECT_ATTEMPT_MS = 5_000;

/** At once, then with growing pauses up to 5 s, each cut at random by up to a half, so that clients do not come all at once. */
function pauseMs(attempt: number): number {
  const longest = attempt === 0 ? 0 : Math.min(5_000, 100 * 2 ** (attempt - 1));
  return longest * (1 - Math.random() / 2);
}

function asKernelError(error: unknown): KernelError {
  return error instanceof KernelError ? error : new KernelError(String(error), { cause: error });
}
