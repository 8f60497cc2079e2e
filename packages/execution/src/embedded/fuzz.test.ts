import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { toOutput } from '../messages.js';
import { Wire, WireError } from './wire.js';
import { encodeGreeting, encodeMessage, encodeReady, ZmtpDecoder, ZmtpError } from './zmtp.js';

/** Together more than 100,000. Each kind of case is seeded, so that a failure comes again. */
const CASES = 15_000;

const key = 'the key of the kernel';
const wire = new Wire(key);
const opening = Buffer.concat([encodeGreeting(), encodeReady({ 'Socket-Type': 'PUB', Identity: '' })]);
const stream = signed('stream', { name: 'stdout', text: 'é😀'.repeat(20) });
const valid = Buffer.concat([
  opening,
  encodeMessage(stream),
  encodeMessage(signed('display_data', { data: { 'image/png': 'QUJD'.repeat(100) }, metadata: {} })),
  encodeMessage([Buffer.from('topic'), ...signed('status', { execution_state: 'idle' }), Buffer.alloc(300)]),
]);

describe('whatever a peer sends, there is a message, an error of the protocol, or a wait for more', () => {
  it.each<[what: string, bytesOf: (random: Random) => Buffer]>([
    ['random bytes', (random) => random.bytes(random.below(400))],
    ['random bytes after the opening', (random) => Buffer.concat([opening, random.bytes(random.below(400))])],
    ['a valid conversation with some bytes changed', mutated],
    ['a valid conversation cut and put together anew', spliced],
  ])('%s', (_, bytesOf) => {
    const random = new Random(1);
    for (let i = 0; i < CASES; i++) receive(bytesOf(random), random);
  });

  it('a valid conversation that ends at any byte, cut at any other', () => {
    const whole = receive(valid, new Random(2));
    expect(whole).toBe('3 messages');
    const results = new Set<string>();
    for (let end = 0; end < valid.length; end++)
      results.add(receive(valid.subarray(0, end), new Random(end)));
    expect([...results].sort()).toEqual(['0 messages', '1 messages', '2 messages']);
  });

  it.each([
    ['a frame of 8 EiB', `02${'7f'.padEnd(16, 'f')}`, /announced a message/],
    ['many frames of 512 MiB', `03${'20000000'.padStart(16, '0')}`, undefined],
    ['reserved flags', '08', /reserved bits/],
    ['a command within a message', '0100' + '0400', /command as a part of a message/],
    [
      'READY with a property that is longer than the command',
      '040a055245414459' + '01' + '41' + '7fffffff',
      undefined,
    ],
  ])('%s allocates nothing for what has not come', (_, hex, error) => {
    const before = process.memoryUsage().arrayBuffers;
    const result = receive(Buffer.concat([opening, Buffer.from(hex, 'hex')]), new Random(3));
    if (error) expect(result).toMatch(error);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 24);
  });

  it.each([
    ['ZMTP 2', (greeting: Buffer) => greeting.writeUInt8(2, 10), /older than the 3.0/],
    ['CURVE', (greeting: Buffer) => greeting.write('CURVE\0', 12, 'latin1'), /security mechanism "CURVE"/],
    ['no signature', (greeting: Buffer) => greeting.writeUInt8(0, 9), /not a ZMTP signature/],
  ])('a greeting with %s', (_, change, error) => {
    const greeting = encodeGreeting();
    change(greeting);
    expect(receive(greeting, new Random(4))).toMatch(error);
  });
});

describe('whatever a message holds, it is a message or a WireError', () => {
  const MESSAGES: readonly [what: string, framesOf: (random: Random) => Buffer[]][] = [
    ['random frames', (random) => random.times(8, () => random.bytes(random.below(80)))],
    ['frames of a valid message with bytes changed', (random) => stream.map((frame) => random.mutate(frame))],
    [
      'signed JSON that is cut, or of another shape',
      (random) => {
        const text = JSON.stringify(random.json(3));
        return signedParts(random.times(4, () => Buffer.from(text.slice(0, random.below(text.length + 1)))));
      },
    ],
    ['unknown types with any content', (random) => signed(random.word(), random.json(3))],
  ];
  it.each(MESSAGES)('%s', (_, framesOf) => {
    const random = new Random(5);
    for (let i = 0; i < CASES; i++) decode(framesOf(random));
  });

  it('a message whose bytes were changed is never accepted', () => {
    const random = new Random(6);
    for (let i = 0; i < CASES / 10; i++) {
      const index = 1 + random.below(stream.length - 1);
      const frames = stream.map((frame, at) => (at === index ? random.mutate(frame) : frame));
      const isSame = frames.every((frame, at) => frame.equals(stream[at] ?? Buffer.alloc(0)));
      if (!isSame) expect(decode(frames)).toBeInstanceOf(WireError);
    }
  });
});

/** Feeds bytes in random pieces, and says what came of them. Any other exception is the failure of the test. */
function receive(bytes: Buffer, random: Random): string {
  const decoder = new ZmtpDecoder();
  let messages = 0;
  try {
    for (let at = 0; at < bytes.length; ) {
      const end = Math.min(bytes.length, at + 1 + random.below(200));
      for (const event of decoder.push(bytes.subarray(at, end))) {
        if (event.type !== 'message') continue;
        messages += 1;
        decode(event.frames);
      }
      at = end;
    }
  } catch (error) {
    if (error instanceof ZmtpError) return error.message;
    throw error;
  }
  return `${messages} messages`;
}

function decode(frames: readonly Buffer[]): unknown {
  try {
    const message = wire.decode(frames, 'iopub');
    toOutput(message as Parameters<typeof toOutput>[0]);
    return message;
  } catch (error) {
    if (error instanceof WireError) return error;
    throw error;
  }
}

function mutated(random: Random): Buffer {
  return random.mutate(valid);
}

function spliced(random: Random): Buffer {
  const piece = () => {
    const at = random.below(valid.length);
    return valid.subarray(at, at + random.below(valid.length - at));
  };
  return Buffer.concat([opening, ...random.times(4, piece)]);
}

function signed(type: string, content: unknown): Buffer[] {
  const header = { msg_id: '1', msg_type: type, session: 's', username: 'u', date: '', version: '5.3' };
  return signedParts([header, {}, {}, content].map((part) => Buffer.from(JSON.stringify(part))));
}

function signedParts(parts: readonly Buffer[]): Buffer[] {
  const hmac = createHmac('sha256', key);
  for (const part of parts) hmac.update(part);
  return [Buffer.from('<IDS|MSG>'), Buffer.from(hmac.digest('hex')), ...parts];
}

/** Xorshift: the same numbers on every machine, and fast. */
class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed + 1) * 0x9e3779b9;
  }

  /** An integer from 0 to `limit` - 1. */
  below(limit: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % Math.max(1, limit);
  }

  bytes(length: number): Buffer {
    const bytes = Buffer.alloc(length);
    for (let i = 0; i < length; i++) bytes[i] = this.below(256);
    return bytes;
  }

  times<T>(most: number, make: () => T): T[] {
    return Array.from({ length: this.below(most + 1) }, make);
  }

  /** A copy with one to four bytes changed. */
  mutate(bytes: Buffer): Buffer {
    const copy = Buffer.from(bytes);
    for (let i = this.below(4); i >= 0; i--) copy[this.below(copy.length)] = this.below(256);
    return copy;
  }

  word(): string {
    return this.bytes(this.below(12)).toString('latin1');
  }

  json(depth: number): unknown {
    switch (this.below(depth > 0 ? 7 : 5)) {
      case 0:
        return null;
      case 1:
        return this.below(2 ** 31);
      case 2:
        return this.word();
      case 3:
        return true;
      case 4:
        return '\ud800';
      case 5:
        return this.times(3, () => this.json(depth - 1));
      default:
        return Object.fromEntries(this.times(3, () => [this.word(), this.json(depth - 1)]));
    }
  }
}
