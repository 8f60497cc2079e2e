import { createHmac } from 'node:crypto';
import type { KernelMessage } from '@jupyterlab/services';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Wire, WireError } from './wire.js';

const message = {
  channel: 'shell',
  header: { msg_id: '1', msg_type: 'comm_msg', session: 's', username: 'u', date: '', version: '5.3' },
  parent_header: {},
  metadata: { a: [1, null] },
  content: { comm_id: 'c', data: { text: 'é\u2028😀' } },
} as unknown as KernelMessage.IMessage;

const wire = new Wire('key');

describe('Wire', () => {
  it('signs as the specification says: HMAC-SHA256 over header, parent, metadata and content', () => {
    // hmac.new(b'key', b'{}{}{}{}', 'sha256').hexdigest() in Python.
    const empty = {
      channel: 'shell',
      header: {},
      metadata: {},
      content: {},
    } as unknown as KernelMessage.IMessage;
    expect(wire.encode(empty).map(String)).toEqual([
      '<IDS|MSG>',
      'ca767b02c5bc061ed184a9a029e7f93a7f2f7ed4e8fe74120fc1212f0b008fa3',
      ...['{}', '{}', '{}', '{}'],
    ]);
  });

  it('returns what was encoded, whatever the content', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ stringUnit: 'binary' })),
        (data) => {
          const content = JSON.parse(JSON.stringify(data)) as object;
          const sent = { ...message, content } as unknown as KernelMessage.IMessage;
          expect(wire.decode(wire.encode(sent), 'shell')).toEqual({ ...sent, buffers: [] });
        },
      ),
    );
  });

  it('carries buffers, and of a view only what it shows', () => {
    const bytes = Uint8Array.of(1, 2, 3, 4);
    const buffers = [bytes.buffer, bytes.subarray(1, 3), new DataView(bytes.buffer, 3)];
    const decoded = wire.decode(wire.encode({ ...message, buffers }), 'shell');
    const views = (decoded.buffers ?? []) as DataView[];
    expect(views.map((view) => [...new Uint8Array(view.buffer)])).toEqual([[1, 2, 3, 4], [2, 3], [4]]);
  });

  it('skips the addresses before the delimiter', () => {
    const frames = [Buffer.from('kernel.1.stream'), ...wire.encode(message)];
    expect(wire.decode(frames, 'iopub')).toMatchObject({ channel: 'iopub', content: message.content });
  });

  it.each([
    {
      name: 'the key of somebody else',
      frames: new Wire('other').encode(message),
      error: /not signed with the kernel's key/,
    },
    { name: 'a changed content', frames: replace(6, 'content'), error: /not signed/ },
    { name: 'a signature of another length', frames: replace(1, 'abc'), error: /not signed/ },
    {
      name: 'no delimiter',
      frames: wire.encode(message).slice(1),
      error: /sent 5 frames on shell that are not a Jupyter message/,
    },
    { name: 'a missing part', frames: wire.encode(message).slice(0, 5), error: /not a Jupyter message/ },
    { name: 'no frames', frames: [], error: /not a Jupyter message/ },
    { name: 'null for an object', frames: signed('null'), error: /null in the place of an object/ },
    { name: 'text that is not JSON', frames: signed('{'), error: /not JSON/ },
  ])('rejects $name', ({ frames, error }) => {
    expect(() => wire.decode(frames, 'shell')).toThrow(WireError);
    expect(() => wire.decode(frames, 'shell')).toThrow(error);
  });
});

function replace(index: number, text: string): Buffer[] {
  const frames = wire.encode(message);
  frames[Math.min(index, frames.length - 1)] = Buffer.from(text);
  return frames;
}

/** Rightly signed frames whose content is `json`. */
function signed(json: string): Buffer[] {
  const parts = ['{}', '{}', '{}', json];
  const signature = createHmac('sha256', 'key').update(parts.join('')).digest('hex');
  return ['<IDS|MSG>', signature, ...parts].map((part) => Buffer.from(part));
}
