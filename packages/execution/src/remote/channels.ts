import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { KernelMessage, ServerConnection } from '@jupyterlab/services';
import { BehaviorSubject, type Observable } from 'rxjs';
import { KernelError } from '../kernel.js';
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
 * Nothing is lost in between: what is sent meanwhile waits here, and {@link Delivery} sees to what was on its way.
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
  readonly #kernel: KernelIdentity;
  readonly #closing = new AbortController();
  #socket: LiveSocket | undefined;
  /** By which the server knows us. */
  #name: string;
  /** What is to be sent when that is possible again. */
  readonly #outbox: Message[] = [];
  /** What came after a break, until what came before it is known. */
  #held: Message[] | undefined;
  /** How often the kernel is still to be asked whether something is missing. */
  #questionsDue = 0;
  /** What the kernel may not have got is still to be sent once more. */
  #isRepeatDue = false;
  #timer: NodeJS.Timeout | undefined;
  #watch: NodeJS.Timeout | undefined;
  /** Set while attempts to reconnect go on, or have led to a connection that has carried nothing yet. */
  #outage: { readonly since: number; readonly sinceMs: number; attempts: number } | undefined;
  #setLost: (error: KernelError) => void = () => {};

  constructor(endpoint: ChannelsEndpoint, options: ChannelsOptions) {
    this.#endpoint = endpoint;
    this.#options = options;
    this.#name = options.session;
    this.#delivery = new Delivery(options.session);
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
    if (this.#socket && !this.#held) this.#write(message);
    else this.#outbox.push(message);
  }

  /** Ends the connection for good; `reason` is what {@link lost} resolves with if nothing else has before. */
  close(reason: KernelError): void {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    clearTimeout(this.#timer);
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
      clearTimeout(this.#timer);
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
        this.#questionsDue = QUESTIONS;
        this.#isRepeatDue = true;
        return this.#resync();
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

  /**
   * Asks the kernel for what was on its way, and holds until then what comes after it.
   *
   * @param times how often it has been asked so without an answer
   */
  #resync(times = 0): void {
    this.#held ??= [];
    this.#later(HOLD_MS, () => {
      // The question or its answer may be lost, too.
      if (this.#delivery.hasJournal) return times < MOST_ASKED ? this.#resync(times + 1) : this.#doubt();
      this.#questionsDue = 0;
      this.#resume();
      const probe = this.#delivery.probe();
      if (probe) this.#write(probe);
    });
    this.#ask();
  }

  /** The connection may be one that carries nothing; see {@link #reconnect}. */
  #doubt(): void {
    if (this.#outage) this.#socket?.abandon('the server did not carry anything');
    else this.#resync();
  }

  /** The kernel is through with what we had sent. What it has said by now comes within a moment, or does not come. */
  #conclude(): void {
    this.#ask();
    this.#later(HOLD_MS, () => {
      if (this.#delivery.hasLostAnEnd) this.#lose(lost.unanswered());
    });
  }

  /** @param missing what the kernel has said of it; undefined when it has not answered */
  #resume(missing?: readonly Message[]): void {
    clearTimeout(this.#timer);
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const message of missing ?? []) this.onMessage(message);
    for (const message of held) this.#deliver(message);
    if (this.#isRepeatDue) {
      this.#isRepeatDue = missing === undefined;
      for (const message of this.#delivery.unanswered()) this.#write(message);
    }
    this.#flush();
    if (this.#questionsDue > 0 && !this.#held) this.#later(ASK_AGAIN_MS, () => this.#ask());
  }

  #ask(): void {
    this.#write(this.#delivery.question());
  }

  #later(ms: number, work: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(work, ms);
  }

  #flush(): void {
    for (const message of this.#outbox.splice(0)) this.send(message);
  }

  #write(message: Message): void {
    this.#delivery.sent(message);
    this.#socket?.send(this.#options.serializer.serialize(message, this.#socket.protocol));
  }

  #receive(data: ArrayBuffer | string, protocol: string): void {
    this.#outage = undefined;
    try {
      // The declaration forgets the text that messages without buffers are in the older protocol.
      const message = this.#options.serializer.deserialize(data as ArrayBuffer, protocol);
      const error = this.#kernel.take(message);
      const missing = this.#delivery.fill(message);
      if (error) {
        this.#lose(error);
      } else if (this.#delivery.answersProbe(message)) {
        this.#delivery.received(message);
        this.#conclude();
      } else if (missing) {
        this.#questionsDue = Math.max(0, this.#questionsDue - 1);
        this.#resume(missing);
      } else {
        this.#deliver(message);
      }
    } catch (error) {
      this.#lose(lost.unreadable(this.#endpoint.url, error));
    }
  }

  #deliver(message: Message): void {
    if (this.#held) {
      this.#held.push(message);
      return;
    }
    // With the reply a program is over, and what is still missing of it would come too late.
    if (this.#questionsDue > 0 && message.header.msg_type === 'execute_reply') {
      this.#held = [message];
      this.#resync();
      return;
    }
    if (!this.#delivery.received(message)) return;
    const { value: state } = this.#state;
    const { isBusyWithOthers } = this.#kernel;
    if (state.type === 'connected' && state.isBusyWithOthers !== isBusyWithOthers) {
      this.#state.next({ type: 'connected', isBusyWithOthers });
    }
    this.onMessage(message);
  }
}

/** In heartbeats. */
const CHECK_EVERY = 2;

/** How long a connection stays open for its last message to be handed on. */
const LEAVE_MS = 500;

const RECONNECT_ATTEMPT_MS = 5_000;

/** A kernel that does not say for so long what was lost may be in C code, or keep no journal. */
const HOLD_MS = 3_000;

const MOST_ASKED = 1;

/**
 * jupyter_server takes a message for itself while it restores a connection, when it believes that the kernel is idle. So
 * the kernel is asked at once, and once more when that is over.
 */
const QUESTIONS = 2;
const ASK_AGAIN_MS = 1_000;

/** At once, then with growing pauses up to 5 s, each cut at random by up to a half, so that clients do not come all at once. */
function pauseMs(attempt: number): number {
  const longest = attempt === 0 ? 0 : Math.min(5_000, 100 * 2 ** (attempt - 1));
  return longest * (1 - Math.random() / 2);
}

function asKernelError(error: unknown): KernelError {
  return error instanceof KernelError ? error : new KernelError(String(error), { cause: error });
}
