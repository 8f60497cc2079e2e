import { randomUUID } from 'node:crypto';
import type { KernelMessage } from '@jupyterlab/services';
import { DRIVER_MARK, isRepeated, markIn, requestIn } from '../messages.js';

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
  /** What has not come yet of each program that was sent: the reply, and the status that ends its outputs. */
  readonly #open = new Map<string, Set<Ending>>();
  /** The programs that the latest {@link probe} is about. */
  readonly #doubtful = new Set<string>();
  #probeId: string | undefined;
  /** The ids of requests that the kernel executes or has executed. */
  readonly #begun = new Set<string>();
  /** Our reply to the kernel's latest `input_request`, until something shows that it has come. */
  #reply: Message | undefined;
  #isAsked = false;
  /** Set by the first sign of it: the driver, or an answer. */
  #hasJournal = false;
  #questionId: string | undefined;
  /** Who a message of our own making pretends to be. */
  #kernelHeader: Message['header'] | undefined;

  constructor(session: string) {
    this.#session = session;
  }

  /** Whether the kernel waits for an answer of ours. */
  get isAsked(): boolean {
    return this.#isAsked;
  }

  /** Whether the kernel has a program of ours, or will have it when it comes to that. */
  get isUnderWay(): boolean {
    return this.#open.size > 0;
  }

  get hasJournal(): boolean {
    return this.#hasJournal;
  }

  sent(message: Message): void {
    const { channel, header } = message;
    if (channel === 'shell') {
      this.#requests.set(header.msg_id, message);
      if (!isRepeatable(message)) this.#open.set(header.msg_id, new Set<Ending>(['reply', 'idle']));
    }
    if (channel === 'stdin') {
      this.#reply = message;
      this.#isAsked = false;
    }
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
    if (channel === 'stdin') {
      this.#isAsked = true;
      this.#hasJournal ||= isFromDriver(message);
    }
    if (isAnswer) this.#ended(parent.msg_id, 'reply');
    if (isIdle(message)) this.#ended(parent.msg_id, 'idle');
    const carried = requestIn(message) ?? markIn(message);
    if (carried) this.received(carried);
    return true;
  }

  /** Whether a message shows that one before it was dropped on its way, as a server does that limits rates; see asking.py. */
  showsLoss(message: Message): boolean {
    const request = requestIn(message);
    return request !== undefined && isRepeated(message) && !this.#received.has(request.header.msg_id);
  }

  /** What tells the kernel that we are still there, or that we leave. */
  word(type: 'eager_alive_request' | 'eager_leave_request'): Message {
    return this.#request('control', type, {});
  }

  /** What to ask the kernel after a break. */
  question(): Message {
    const have = [...this.#received].slice(-OVERLAP);
    const question = this.#request('control', 'eager_resync_request', { have });
    this.#questionId = question.header.msg_id;
    return question;
  }

  /**
   * What to ask a kernel that may have no journal, and so does not answer the {@link question}: any kernel answers this
   * one, once it is through with all that was sent before. Undefined when no program is under way.
   */
  probe(): Message | undefined {
    this.#doubtful.clear();
    for (const id of this.#open.keys()) this.#doubtful.add(id);
    if (this.#hasJournal || this.#doubtful.size === 0) return undefined;
    const probe = this.#request('shell', 'kernel_info_request', {});
    this.#probeId = probe.header.msg_id;
    return probe;
  }

  answersProbe({ channel, parent_header: parent }: Message): boolean {
    return channel === 'shell' && 'msg_id' in parent && parent.msg_id === this.#probeId;
  }

  /** Whether, after the answer to the {@link probe}, the end of a program is still missing. It will not come any more. */
  get hasLostAnEnd(): boolean {
    return !this.#hasJournal && [...this.#doubtful].some((id) => this.#open.has(id));
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

  #ended(id: string, ending: Ending): void {
    const missing = this.#open.get(id);
    missing?.delete(ending);
    if (missing?.size === 0) this.#open.delete(id);
  }

  #request(channel: Message['channel'], type: string, content: object): Message {
    const header = {
      msg_id: randomUUID(),
      msg_type: type,
      session: this.#session,
      username: 'eager',
      version: '5.3',
      date: new Date().toISOString(),
    };
    return { header, parent_header: {}, metadata: {}, content, channel, buffers: [] } as unknown as Message;
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

type Ending = 'reply' | 'idle';

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

/** Who installs the driver installs the journal. */
function isFromDriver({ content }: Message): boolean {
  return String((content as { prompt?: unknown }).prompt).startsWith(DRIVER_MARK);
}

function isIdle({ header, content }: Message): boolean {
  return (
    header.msg_type === 'status' && (content as { execution_state?: unknown }).execution_state === 'idle'
  );
}

function first(set: ReadonlySet<string>): string {
  return set.values().next().value ?? '';
}
