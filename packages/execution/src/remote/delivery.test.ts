import type { KernelMessage } from '@jupyterlab/services';
import { describe, expect, it } from 'vitest';
import { Delivery } from './delivery.js';

type Message = KernelMessage.IMessage;

const OURS = 'our-session';

function message(channel: string, type: string, id: string, parent?: Message, content: object = {}): Message {
  const header = { msg_id: id, msg_type: type, session: parent ? 'kernel' : OURS };
  const parent_header = parent?.header ?? {};
  return { channel, header, parent_header, metadata: {}, content, buffers: [] } as unknown as Message;
}

const ids = (messages: readonly Message[] | undefined) => messages?.map(({ header }) => header.msg_id);

/** A client that has sent a program and has heard twice of it. */
function running() {
  const delivery = new Delivery(OURS);
  const program = message('shell', 'execute_request', 'program', undefined, { silent: false });
  delivery.sent(program);
  delivery.received(message('iopub', 'status', 'k1', program));
  delivery.received(message('iopub', 'stream', 'k2', program));
  return { delivery, program };
}

/** The kernel's answer to the question. */
function answer(delivery: Delivery, messages: readonly Message[], more: object = {}): Message {
  const content = { messages, isComplete: true, begun: [], ...more };
  return message('control', 'eager_resync_reply', 'answer', delivery.question(), content);
}

describe('Delivery', () => {
  it('lets each message pass once', () => {
    const { delivery, program } = running();
    const output = message('iopub', 'stream', 'k3', program);
    expect([delivery.received(output), delivery.received(output)]).toEqual([true, false]);
  });

  it('asks with the ids of what came last', () => {
    const { delivery } = running();
    expect(delivery.question()).toMatchObject({
      channel: 'control',
      header: { msg_type: 'eager_resync_request', session: OURS },
      content: { have: ['k1', 'k2'] },
    });
  });

  it('gives of the answer what has not come, in order, and takes no other message for one', () => {
    const { delivery, program } = running();
    const late = ['k3', 'k2', 'k4'].map((id) => message('iopub', 'stream', id, program));
    const reply = answer(delivery, late);
    expect(delivery.fill(message('control', 'eager_resync_reply', 'other', program))).toBeUndefined();
    expect(ids(delivery.fill(reply))).toEqual(['k3', 'k4']);
    expect(late.map((one) => delivery.received(one))).toEqual([false, false, false]);
  });

  it('says within the program that something is lost for good', () => {
    const { delivery, program } = running();
    const [note] = delivery.fill(answer(delivery, [], { isComplete: false })) ?? [];
    expect(note).toMatchObject({
      channel: 'iopub',
      header: { msg_type: 'stream', session: 'kernel' },
      parent_header: program.header,
      content: { name: 'stderr', text: expect.stringMatching(/part of the output of that time is lost/) },
    });
  });

  it('repeats a request until it is begun or answered', () => {
    const { delivery, program } = running();
    delivery.fill(answer(delivery, []));
    expect(ids(delivery.unanswered())).toEqual(['program']);
    delivery.fill(answer(delivery, [], { begun: ['program'] }));
    expect(delivery.unanswered()).toEqual([]);
    const next = message('shell', 'execute_request', 'next');
    delivery.sent(next);
    delivery.received(message('shell', 'execute_reply', 'k5', next));
    expect(delivery.unanswered()).toEqual([]);
    expect(program.header.msg_id).toBe('program');
  });

  it('repeats an input reply until the kernel asks again, whatever a server asks in our name', () => {
    const { delivery, program } = running();
    delivery.fill(answer(delivery, [], { begun: ['program'] }));
    delivery.sent(message('stdin', 'input_reply', 'reply'));
    const foreign = message('shell', 'kernel_info_request', 'of-the-server');
    delivery.received(message('shell', 'kernel_info_reply', 'k3', foreign));
    expect(ids(delivery.unanswered())).toEqual(['reply']);
    delivery.received(message('stdin', 'input_request', 'k4', program));
    expect(delivery.unanswered()).toEqual([]);
  });

  it('knows from a request that is repeated, and was not seen before, that something was dropped', () => {
    const { delivery, program } = running();
    const request = message('stdin', 'input_request', 'k3', program);
    const carrier = (id: string, eager_repeated: boolean) => {
      const metadata = { eager_request: request, eager_repeated };
      return { ...message('iopub', 'comm_msg', id, program), metadata } as unknown as Message;
    };
    expect(delivery.showsLoss(message('iopub', 'stream', 'k4', program))).toBe(false);
    expect(delivery.showsLoss(carrier('k5', false))).toBe(false);
    expect(delivery.showsLoss(carrier('k6', true))).toBe(true);
    delivery.received(carrier('k5', false));
    expect(delivery.showsLoss(carrier('k6', true))).toBe(false);
    expect(delivery.isAsked).toBe(true);
  });

  describe('without a journal', () => {
    const silent = () => {
      const { delivery, program } = running();
      const probe = delivery.probe();
      if (!probe) throw new Error('A program is under way.');
      delivery.sent(probe);
      return { delivery, program, echo: message('shell', 'kernel_info_reply', 'echo', probe) };
    };
    const idle = (program: Message) =>
      message('iopub', 'status', 'idle', program, { execution_state: 'idle' });

    it('knows the end of a program for lost when the kernel answers what was asked after it', () => {
      const { delivery, echo } = silent();
      expect(delivery.answersProbe(echo)).toBe(true);
      delivery.received(echo);
      expect(delivery.hasLostAnEnd).toBe(true);
    });

    it.each([
      ['the reply', false, true],
      ['the status', true, false],
    ])('misses %s as well', (_name, comesReply, comesIdle) => {
      const { delivery, program, echo } = silent();
      if (comesReply) delivery.received(message('shell', 'execute_reply', 'reply', program));
      if (comesIdle) delivery.received(idle(program));
      delivery.received(echo);
      expect(delivery.hasLostAnEnd).toBe(true);
    });

    it('misses nothing when both have come', () => {
      const { delivery, program, echo } = silent();
      delivery.received(message('shell', 'execute_reply', 'reply', program));
      delivery.received(idle(program));
      delivery.received(echo);
      expect(delivery.hasLostAnEnd).toBe(false);
      expect(delivery.isUnderWay).toBe(false);
    });

    it('has nothing to ask when no program is under way, or the driver has shown itself', () => {
      expect(new Delivery(OURS).probe()).toBeUndefined();
      const { delivery, program } = running();
      delivery.received(message('stdin', 'input_request', 'k3', program, { prompt: '\u0002eager:n:{}' }));
      expect(delivery.probe()).toBeUndefined();
      expect(delivery.hasLostAnEnd).toBe(false);
    });
  });

  it('repeats only what may run twice while it does not know whether the kernel keeps a journal', () => {
    const { delivery } = running();
    delivery.sent(message('shell', 'execute_request', 'driver', undefined, { silent: true }));
    delivery.sent(message('shell', 'kernel_info_request', 'info'));
    delivery.sent(message('stdin', 'input_reply', 'reply'));
    expect(ids(delivery.unanswered())).toEqual(['driver', 'info']);
  });
});
