import type { KernelMessage } from '@jupyterlab/services';
import type { KernelError } from '../kernel.js';
import { isEnd } from '../messages.js';
import type { Delivery } from './delivery.js';
import { lost } from './errors.js';

type Message = KernelMessage.IMessage;

/** What catching up needs of the connection. */
export interface CatchUpLink {
  write(message: Message): void;
  /** Gets every message of the kernel, once, in order. */
  deliver(message: Message): void;
  /** Nothing is held back any more. */
  onCaughtUp(): void;
  /** Whether the connection has carried anything. */
  isProven(): boolean;
  /** Breaks the connection, for this reason. */
  abandon(reason: string): void;
  /** Ends the connection for good. */
  lose(error: KernelError): void;
}

/**
 * Brings the kernel's messages into their order when some are missing: after a break of the connection, and when one was
 * dropped on a connection that holds. The kernel is asked what it has said ({@link Delivery}); until it has
 * answered, what comes is held back.
 */
export class CatchUp {
  readonly #delivery: Delivery;
  readonly #link: CatchUpLink;
  /** What came after a break, until what came before it is known. */
  #held: Message[] | undefined;
  /** How often the kernel is still to be asked whether something is missing. */
  #questionsDue = 0;
  /** What the kernel may not have got is still to be sent once more. */
  #isRepeatDue = false;
  #timer: NodeJS.Timeout | undefined;
  #askAgainMs = ASK_AGAIN_MS;

  constructor(delivery: Delivery, link: CatchUpLink) {
    this.#delivery = delivery;
    this.#link = link;
  }

  /** Whether messages are held back. What is sent meanwhile would come before what is still to be repeated. */
  get isUnderWay(): boolean {
    return this.#held !== undefined;
  }

  /** The connection is open again. */
  begin(): void {
    this.#questionsDue = QUESTIONS;
    this.#isRepeatDue = true;
    this.#askAgainMs = ASK_AGAIN_MS;
    this.#resync();
  }

  /** A message has come. */
  take(message: Message): void {
    const missing = this.#delivery.fill(message);
    if (this.#delivery.answersProbe(message)) {
      this.#delivery.received(message);
      this.#conclude();
    } else if (missing) {
      this.#questionsDue = Math.max(0, this.#questionsDue - 1);
      this.#resume(missing);
    } else if (!this.#held && this.#delivery.showsLoss(message)) {
      this.#hold(message);
    } else {
      this.#deliver(message);
    }
  }

  /** The connection is broken, or closed. */
  stop(): void {
    clearTimeout(this.#timer);
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
      if (probe) this.#link.write(probe);
    });
    this.#ask();
  }

  /** A jupyter_server may restore channels for a client that carry nothing any more. */
  #doubt(): void {
    if (this.#link.isProven()) this.#resync();
    else this.#link.abandon('the server did not carry anything');
  }

  /** The kernel is through with what we had sent. What it has said by now comes within a moment, or does not come. */
  #conclude(): void {
    this.#ask();
    this.#later(HOLD_MS, () => {
      if (this.#delivery.hasLostAnEnd) this.#link.lose(lost.unanswered());
    });
  }

  /** @param missing what the kernel has said of it; undefined when it has not answered */
  #resume(missing?: readonly Message[]): void {
    clearTimeout(this.#timer);
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const message of missing ?? []) this.#link.deliver(message);
    for (const message of held) this.#deliver(message);
    if (this.#isRepeatDue) {
      this.#isRepeatDue = missing === undefined;
      for (const message of this.#delivery.unanswered()) this.#link.write(message);
    }
    this.#link.onCaughtUp();
    const hasMoreToAsk = this.#questionsDue > 0 || (missing !== undefined && this.#delivery.isUnderWay);
    if (this.#held || !hasMoreToAsk) return;
    this.#later(this.#askAgainMs, () => this.#ask());
    this.#askAgainMs = Math.min(2 * this.#askAgainMs, LONGEST_PAUSE_MS);
  }

  #deliver(message: Message): void {
    // With it a program is over, and what is still missing of it would come too late.
    const isTooEarly =
      this.#questionsDue > 0 && (message.header.msg_type === 'execute_reply' || isEnd(message));
    if (this.#held) this.#held.push(message);
    else if (isTooEarly) this.#hold(message);
    else if (this.#delivery.received(message)) this.#link.deliver(message);
  }

  #hold(message: Message): void {
    this.#held = [message];
    this.#resync();
  }

  #ask(): void {
    this.#link.write(this.#delivery.question());
  }

  #later(ms: number, work: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(work, ms);
  }
}

/** A kernel that does not say for so long what was lost may be in C code, or keep no journal. */
const HOLD_MS = 3_000;

const MOST_ASKED = 1;

/**
 * jupyter_server takes a message for itself while it restores a connection, when it believes that the kernel is idle. So
 * the kernel is asked at once, and once more when that is over.
 */
const QUESTIONS = 2;
const ASK_AGAIN_MS = 1_000;

/** As some of the channels that it restores may carry nothing, the kernel is asked from time to time, until the program ends. */
const LONGEST_PAUSE_MS = 10_000;
