import { randomUUID } from 'node:crypto';
import type { KernelMessage } from '@jupyterlab/services';

type Message = KernelMessage.IMessage;

/**
 * What has to be known so that a connection that breaks loses nothing and repeats nothing: which messages came, and which
 * of ours have no answer yet. The kernel's side of it is journal.py.
 *
 * After a break the kernel is asked for what it has said meanwhile ({@link question}, {@link fill}), and gets once more
 * what it has not answered ({@link unanswered}). It does not do again what it has done.
 */
export class Delivery {
  readonly #session: string;
  /** The ids of the messages that came, the latest last. */
  readonly #received = new Set<string>();
  /** Our requests that have no reply yet. */
  readonly #requests = new Map<string, Message>();
  /** The ids of requests that the kernel executes or has executed. */
  readonly #begun = new Set<string>();
  /** Our reply to the kernel's latest `input_request`, until something shows that it has come. */
  #reply: Message | undefined;
  #hasJournal = false;
  #questionId: string | undefined;
  /** Who a message of our own making pretends to be. */
  #kernelHeader: Message['header'] | undefined;

  constructor(session: string) {
    this.#session = session;
  }

  sent(message: Message): void {
    if (message.channel === 'shell') this.#requests.set(message.header.msg_id, message);
    if (message.channel === 'stdin') this.#reply = message;
  }

  /** @returns whether the message is new */
  received(message: Message): boolean {
    const { channel, header, parent_header: parent } = message;
    if (this.#received.has(header.msg_id)) return false;
    this.#received.add(header.msg_id);
    if (this.#received.size > MAX_REMEMBERED) this.#received.delete(first(this.#received));
    if (!('session' in parent) || parent.session !== this.#session) return true;
    this.#kernelHeader = header;
    // A server asks some things in our name; those replies are not for us.
    const isAnswer = channel === 'shell' && this.#requests.delete(parent.msg_id);
    if (isAnswer || channel === 'stdin') this.#reply = undefined;
    return true;
  }

  /** What to ask the kernel after a break. */
  question(): Message {
    this.#questionId = randomUUID();
    const have = [...this.#received].slice(-OVERLAP);
    return {
      header: {
        msg_id: this.#questionId,
        msg_type: 'eager_resync_request',
        session: this.#session,
        username: 'eager',
        version: '5.3',
        date: new Date().toISOString(),
      },
      parent_header: {},
      metadata: {},
      content: { have },
      channel: 'control',
      buffers: [],
    } as unknown as Message;
  }

  /** @returns what has not come yet, if `message` is the answer to the latest {@link question} */
  fill(message: Message): Message[] | undefined {
    const { channel, parent_header: parent, content } = message;
    const isAnswer = channel === 'control' && 'msg_id' in parent && parent.msg_id === this.#questionId;
    if (!isAnswer) return undefined;
    this.#hasJournal = true;
    const { messages, isComplete, begun } = content as unknown as ResyncReply;
    for (const id of begun) this.#begun.add(id);
    const missing = messages.filter((one) => this.received(one)).map((one) => ({ ...one, buffers: [] }));
    return isComplete ? missing : [...this.#noteOfLoss(), ...missing];
  }

  /**
   * What to send once more, in order. A kernel without a journal would execute a program twice, so it gets only what
   * may be: our own silent requests.
   */
  unanswered(): Message[] {
    const requests = [...this.#requests.values()].filter((one) =>
      this.#hasJournal ? !this.#begun.has(one.header.msg_id) : isRepeatable(one),
    );
    return this.#reply && this.#hasJournal ? [...requests, this.#reply] : requests;
  }

  /** Part of the program's output, for it is there that something is missing. */
  #noteOfLoss(): Message[] {
    const program = [...this.#requests.values()].at(0);
    if (!program || !this.#kernelHeader) return [];
    const header = { ...this.#kernelHeader, msg_id: randomUUID(), msg_type: 'stream' };
    const content = { name: 'stderr', text: LOSS };
    const note = {
      header,
      parent_header: program.header,
      metadata: {},
      content,
      channel: 'iopub',
      buffers: [],
    };
    return [note as unknown as Message];
  }
}

/** @see journal.py */
interface ResyncReply {
  readonly messages: readonly Message[];
  readonly isComplete: boolean;
  readonly begun: readonly string[];
}

const LOSS =
  '\n[eager: the connection to the kernel broke, and part of the output of that time is lost: it was more than the ' +
  'kernel remembers.]\n';

/** More than the journal holds, so that nothing that it repeats is taken for new. */
const MAX_REMEMBERED = 20_000;

/** Threads of the kernel publish in no strict order, so the journal looks back this far for what did not come. */
const OVERLAP = 100;

function isRepeatable({ header, content }: Message): boolean {
  return header.msg_type !== 'execute_request' || ('silent' in content && content.silent === true);
}

function first(set: ReadonlySet<string>): string {
  return set.values().next().value ?? '';
}
