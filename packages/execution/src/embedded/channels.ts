import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { KernelMessage } from '@jupyterlab/services';
import type { KernelProcess } from './process.js';
import { type Channel, Wire } from './wire.js';
import { connectZmtp, type ZmtpSocket } from './zmtp-socket.js';

/**
 * ZeroMQ drops what a PUB socket cannot deliver while 1,000 messages wait. So a program that shows 5,000 things while
 * our event loop is busy would lose most of them, and with them the status that says that it has ended. The kernel
 * shall keep them instead. A socket belongs to its thread, which therefore has to change it; no name is left behind.
 */
const publishWithoutLimit =
  '(lambda thread, limit: thread.schedule(lambda: thread.socket.setsockopt(limit, 0)))' +
  "(get_ipython().kernel.iopub_thread, __import__('zmq').SNDHWM)";

/**
 * A crash in C code leaves a traceback as the kernel's last words. Its descriptor 2 is a pipe to itself, from which
 * nothing arrives any more, so it writes to what that was before.
 */
const explainCrashes =
  "__import__('faulthandler').enable(getattr(__import__('sys').stderr, '_original_stdstream_copy', None) or 2, False)";

/**
 * A kernel's four channels, as one client of it. The heartbeat is left out: the process itself is watched.
 *
 * @see https://jupyter-client.readthedocs.io/en/stable/messaging.html#introduction
 */
export class Channels {
  /** Resolves when the first channel has closed without `close`, with the protocol error if that was the cause. */
  readonly lost: Promise<Error | undefined>;
  /** Resolves when all channels have closed: everything that the kernel sent has been received. */
  readonly ended: Promise<void>;
  /** Called with every message of the kernel. */
  onMessage: (message: KernelMessage.IMessage) => void = () => {};
  /** Called with what was wrong with a message on iopub that was ignored. */
  onDropped: (error: Error) => void = () => {};

  readonly #session = randomUUID();
  readonly #wire: Wire;
  readonly #sockets = new Map<Channel, ZmtpSocket>();
  #onLost: (error: Error | undefined) => void = () => {};
  #onEnded: () => void = () => {};
  /** Waits for the messages that answer our own requests. */
  #onAnswer: (message: KernelMessage.IMessage) => void = () => {};
  #closed = false;

  /** Resolves when the kernel answers. Rejects with the signal's reason, or when what answers is not a kernel. */
  static async open(kernel: KernelProcess, signal: AbortSignal): Promise<Channels> {
    const channels = new Channels(kernel.folder.key);
    try {
      await Promise.all(
        (['shell', 'iopub', 'stdin', 'control'] as const).map((name) =>
          channels.#connect(name, kernel, signal),
        ),
      );
      await channels.#untilReady(signal);
      return channels;
    } catch (error) {
      channels.close();
      throw error;
    }
  }

  private constructor(key: string) {
    this.#wire = new Wire(key);
    this.lost = new Promise((resolve) => {
      this.#onLost = resolve;
    });
    this.ended = new Promise((resolve) => {
      this.#onEnded = resolve;
    });
  }

  send(message: KernelMessage.IMessage): void {
    this.#sockets.get(message.channel)?.send(this.#wire.encode(message));
  }

  /** @see https://jupyter-client.readthedocs.io/en/stable/messaging.html#kernel-shutdown */
  requestShutdown(): void {
    this.#request('control', 'shutdown_request', { restart: false });
  }

  /** @see https://jupyter-client.readthedocs.io/en/stable/messaging.html#kernel-interrupt */
  requestInterrupt(): void {
    this.#request('control', 'interrupt_request', {});
  }

  close(): void {
    this.#closed = true;
    for (const socket of this.#sockets.values()) socket.close();
  }

  async #connect(channel: Channel, kernel: KernelProcess, signal: AbortSignal): Promise<void> {
    const options = {
      type: channel === 'iopub' ? 'SUB' : 'DEALER',
      // The kernel sends an input_request to the address that the execute_request came from.
      identity: channel === 'iopub' ? '' : this.#session,
      onMessage: (frames: readonly Buffer[]) => this.#take(frames, channel),
      onClose: (error?: Error) => {
        this.#sockets.delete(channel);
        if (this.#sockets.size === 0) this.#onEnded();
        if (!this.#closed) this.#onLost(error);
      },
    } as const;
    const socket = await connectZmtp(await kernel.folder.address(channel, signal), options, signal);
    this.#sockets.set(channel, socket);
    // Another channel may have failed while this one connected.
    if (this.#closed) socket.close();
  }

  /**
   * A message that is not signed by the kernel, or has not the shape of its type, must not be used. On iopub, where nobody
   * waits for a certain message, ignoring it loses at most that one, and ZeroMQ's framing shows where the next one
   * begins: jupyter_client ignores it too. On the other channels a request or a reply would be missing for ever, so
   * there it closes the channel.
   */
  #take(frames: readonly Buffer[], channel: Channel): void {
    try {
      this.#receive(this.#wire.decode(frames, channel));
    } catch (error) {
      if (channel !== 'iopub') throw error;
      this.onDropped(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #receive(message: KernelMessage.IMessage): void {
    if ('session' in message.parent_header && message.parent_header.session === this.#session) {
      this.#onAnswer(message);
    }
    this.onMessage(message);
  }

  /**
   * Sends the first request until its idle status comes too. What is published before our subscription has reached
   * the kernel is lost, and nothing in the protocol says when that is; only seeing a message proves it.
   */
  async #untilReady(signal: AbortSignal): Promise<void> {
    const given = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      void this.lost.then((error) => reject(error ?? new Error('The kernel closed its sockets.')));
    });
    given.catch(() => {});
    signal.throwIfAborted();
    for (let subscribed = false; !subscribed; ) {
      const { replied, idle } = this.#ask();
      await Promise.race([replied, given]);
      subscribed = await Promise.race([idle, given, delay(20, false)]);
    }
    this.#onAnswer = () => {};
  }

  #ask(): { replied: Promise<void>; idle: Promise<true> } {
    let onReply = (): void => {};
    let onIdle = (_: true): void => {};
    const replied = new Promise<void>((resolve) => {
      onReply = resolve;
    });
    const idle = new Promise<true>((resolve) => {
      onIdle = resolve;
    });
    this.#onAnswer = ({ channel, content }) => {
      if (channel === 'shell') onReply();
      if ('execution_state' in content && content.execution_state === 'idle') onIdle(true);
    };
    this.#request('shell', 'execute_request', {
      ...{ code: `${publishWithoutLimit};${explainCrashes}`, silent: true, store_history: false },
      ...{ user_expressions: {}, allow_stdin: false, stop_on_error: false },
    });
    return { replied, idle };
  }

  #request(
    channel: Channel,
    type: 'execute_request' | 'shutdown_request' | 'interrupt_request',
    content: object,
  ): void {
    const header = {
      msg_id: randomUUID(),
      msg_type: type,
      session: this.#session,
      username: 'eager',
      date: new Date().toISOString(),
      version: '5.3',
    };
    this.send({ channel, header, parent_header: {}, metadata: {}, content } as KernelMessage.IMessage);
  }
}
