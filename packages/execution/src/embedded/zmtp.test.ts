import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import {
  encodeGreeting,
  encodeMessage,
  encodeReady,
  encodeSubscribeToAll,
  ZmtpDecoder,
  ZmtpError,
} from './zmtp.js';

const opening = Buffer.concat([encodeGreeting(), encodeReady({ 'Socket-Type': 'ROUTER', Identity: '' })]);
const frames = fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes));
const messages = fc.array(fc.array(frames, { minLength: 1, maxLength: 4 }), { maxLength: 5 });

/** What the decoder makes of the pieces, as comparable values; an error is the last of them. */
function decode(...pieces: readonly Buffer[]): unknown[] {
  const decoder = new ZmtpDecoder();
  const seen: unknown[] = [];
  try {
    for (const piece of pieces) {
      for (const event of decoder.push(piece)) {
        if (event.type === 'message') seen.push(event.frames.map((frame) => frame.toString('hex')));
        else if (event.type === 'ready')
          seen.push(Object.fromEntries([...event.properties].map(([k, v]) => [k, `${v}`])));
        else seen.push(event.type);
      }
    }
  } catch (error) {
    if (!(error instanceof ZmtpError)) throw error;
    seen.push(error.message);
  }
  return seen;
}

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

describe('the encoders', () => {
  it('write the greeting of RFC 23: signature, 3.0, NULL, not a server, filler', () => {
    expect(encodeGreeting().toString('hex')).toBe(
      `ff${'00'.repeat(8)}7f0300${'4e554c4c'.padEnd(40, '0')}${'00'.repeat(32)}`,
    );
  });

  it('write READY as a command frame with its properties', () => {
    expect(encodeReady({ 'Socket-Type': 'SUB' }).toString('latin1')).toBe(
      '\x04\x19\x05READY\x0bSocket-Type\x00\x00\x00\x03SUB',
    );
  });

  it.each([
    { name: 'an empty frame', frames: [''], hex: '0000' },
    { name: 'MORE on all frames but the last', frames: ['a', 'b'], hex: '010161' + '000162' },
    { name: 'the longest short frame', frames: ['x'.repeat(255)], hex: `00ff${'78'.repeat(255)}` },
    {
      name: 'the shortest long frame',
      frames: ['x'.repeat(256)],
      hex: `020000000000000100${'78'.repeat(256)}`,
    },
  ])('write $name', ({ frames, hex }) => {
    expect(encodeMessage(frames.map((text) => Buffer.from(text))).toString('hex')).toBe(hex);
  });

  it('subscribe with 0x01 and the empty topic', () => {
    expect(encodeSubscribeToAll().toString('hex')).toBe('000101');
  });
});

describe('ZmtpDecoder', () => {
  it('yields the greeting, the properties and each message', () => {
    const bytes = Buffer.concat([
      opening,
      encodeMessage([Buffer.of(1), Buffer.of(2, 3)]),
      encodeMessage([Buffer.of()]),
    ]);
    expect(decode(bytes)).toEqual([
      'greeting',
      { 'socket-type': 'ROUTER', identity: '' },
      ['01', '0203'],
      [''],
    ]);
  });

  it('returns what was encoded, wherever the bytes are cut', () => {
    const places = fc.array(fc.nat(), { maxLength: 30 });
    fc.assert(
      fc.property(messages, places, (sent, cuts) => {
        const bytes = Buffer.concat([opening, ...sent.map(encodeMessage)]);
        const received = decode(...cut(bytes, cuts)).slice(2);
        expect(received).toEqual(sent.map((message) => message.map((frame) => frame.toString('hex'))));
      }),
      { numRuns: 500 },
    );
  });

  it('sees the same byte by byte as at once', () => {
    fc.assert(
      fc.property(messages, (sent) => {
        const bytes = Buffer.concat([opening, ...sent.map(encodeMessage)]);
        expect(decode(...cut(bytes, [...bytes.keys()]))).toEqual(decode(bytes));
      }),
      { numRuns: 50 },
    );
  });

  it('copies each byte of a long frame at most once, however many pieces it comes in', () => {
    const body = Buffer.alloc(20_000_000, 'abc');
    const bytes = Buffer.concat([opening, encodeMessage([body])]);
    const concat = vi.spyOn(Buffer, 'concat');
    const decoder = new ZmtpDecoder();
    const received: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += 65_536) {
      for (const event of decoder.push(bytes.subarray(at, at + 65_536))) {
        if (event.type === 'message') received.push(...event.frames);
      }
    }
    const copied = concat.mock.results.reduce((sum, { value }) => sum + (value as Buffer).length, 0);
    concat.mockRestore();
    expect(received.length).toBe(1);
    expect(received[0]?.equals(body)).toBe(true);
    expect(copied).toBeLessThanOrEqual(bytes.length);
  });

  it('ignores a command that a later revision may send after the handshake', () => {
    expect(
      decode(opening, Buffer.from('\x04\x05\x04PING', 'latin1'), encodeMessage([Buffer.of(7)])).slice(2),
    ).toEqual([['07']]);
  });

  const greetingWith = (at: number, ...bytes: number[]): Buffer => {
    const greeting = encodeGreeting();
    greeting.set(bytes, at);
    return greeting;
  };
  it.each([
    { name: 'an HTTP server', bytes: 'HTTP/1.1 400 Bad Request', message: /not speak ZMTP/ },
    { name: 'ZMTP 2', bytes: greetingWith(10, 2), message: /ZMTP 2, which is older/ },
    {
      name: 'another mechanism',
      bytes: greetingWith(12, ...Buffer.from('CURVE')),
      message: /mechanism "CURVE"/,
    },
    {
      name: 'a message before READY',
      bytes: [encodeGreeting(), encodeMessage([Buffer.of(1)])],
      message: /before its READY/,
    },
    {
      name: 'another command before READY',
      bytes: [encodeGreeting(), '\x04\x05\x04PING'],
      message: /"PING" before READY/,
    },
    {
      name: 'a refusal',
      bytes: [encodeGreeting(), '\x04\x0a\x05ERROR\x03bad'],
      message: /refused the connection: bad/,
    },
    { name: 'a READY cut short', bytes: [encodeGreeting(), '\x04\x09\x05READY\x0bSo'], message: /cut short/ },
    {
      name: 'a command without a name',
      bytes: [encodeGreeting(), '\x04\x00'],
      message: /without a whole name/,
    },
    { name: 'reserved flag bits', bytes: [opening, '\x08\x00'], message: /reserved bits .*0x8/ },
    { name: 'a command with MORE', bytes: [opening, '\x05\x00'], message: /as a part of a message/ },
    {
      name: 'a command inside a message',
      bytes: [opening, '\x01\x00\x04\x05\x04PING'],
      message: /as a part of a message/,
    },
    {
      name: 'an absurd size',
      bytes: [opening, `\x02${'\xff'.repeat(8)}`],
      message: /at most 1073741824 are accepted/,
    },
    {
      name: 'an absurd sum of sizes',
      bytes: [opening, `\x01\x01x\x02\x00\x00\x00\x00\x40\x00\x00\x00`],
      message: /message of 1073741825 bytes/,
    },
  ])('reports $name', ({ bytes, message }) => {
    const pieces = [bytes]
      .flat()
      .map((piece) => (typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece));
    expect(decode(...pieces).at(-1)).toMatch(message);
  });

  it('never throws anything but ZmtpError, and never depends on the cuts, whatever comes', () => {
    const garbage = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
    const start = fc.constantFrom(
      Buffer.alloc(0),
      encodeGreeting().subarray(0, 10),
      encodeGreeting(),
      opening,
    );
    const damage = fc.option(fc.tuple(fc.nat(), fc.nat(255)), { nil: undefined });
    const places = fc.array(fc.nat(), { maxLength: 6 });
    fc.assert(
      fc.property(start, garbage, damage, places, (head, tail, change, cuts) => {
        const bytes = Buffer.concat([head, tail]);
        if (change && bytes.length > 0) bytes[change[0] % bytes.length] = change[1];
        expect(decode(...cut(bytes, cuts))).toEqual(decode(bytes));
      }),
      { numRuns: 20_000 },
    );
  });
});
