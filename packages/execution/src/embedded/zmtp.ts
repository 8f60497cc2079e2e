/**
 * ZMTP 3.0 with the NULL mechanism and without I/O: bytes in, events out, and the reverse.
 *
 * It is what a client needs to talk to a socket that libzmq has bound: a greeting of 64 octets, one READY command
 * each way, then messages of one or more frames. libzmq speaks 3.1 and steps down to the 3.0 that we announce.
 *
 * @see https://rfc.zeromq.org/spec/23/
 */

/** The peer broke ZMTP 3.0, or wants a part of it that is not spoken here. The connection cannot be used further. */
export class ZmtpError extends Error {
  override readonly name = 'ZmtpError';
}

export type ZmtpEvent =
  /** The peer speaks ZMTP 3 with the NULL mechanism; it now expects our READY command. */
  | { readonly type: 'greeting' }
  /** The handshake is complete. Property names are in lower case, because they compare without regard to case. */
  | { readonly type: 'ready'; readonly properties: ReadonlyMap<string, Buffer> }
  /** One whole message. The frames are views of the bytes that were fed: copy them to keep them for long. */
  | { readonly type: 'message'; readonly frames: readonly Buffer[] };

/** 1 GiB: V8 could not make a string of a longer frame, so a longer claim is a broken or hostile peer. */
const maxMessageBytes = 2 ** 30;

const flag = { more: 1, long: 2, command: 4, reserved: 0xf8 } as const;

type Expected = 'signature' | 'version' | 'flags' | 'short size' | 'long size' | 'body';

/** Decodes what a peer sends. Time and memory are linear in the bytes, however they are cut. */
export class ZmtpDecoder {
  readonly #bytes = new ByteQueue();
  /** What comes next on the wire, and how many bytes that takes. */
  #expected: Expected = 'signature';
  #needed = 10;
  #flags = 0;
  #ready = false;
  #frames: Buffer[] = [];
  #messageBytes = 0;

  /**
   * Takes the next bytes and yields what they complete. It works as it is iterated, so iterate it to the end.
   *
   * @throws {ZmtpError} as soon as the bytes cannot be ZMTP 3.0. The decoder is of no use afterwards.
   */
  *push(bytes: Buffer): Generator<ZmtpEvent, void, undefined> {
    this.#bytes.push(bytes);
    for (let part = this.#bytes.take(this.#needed); part; part = this.#bytes.take(this.#needed)) {
      const event = this.#accept(part);
      if (event) yield event;
    }
  }

  #accept(part: Buffer): ZmtpEvent | undefined {
    switch (this.#expected) {
      case 'signature':
        if (part[0] !== 0xff || part[9] !== 0x7f) {
          throw new ZmtpError('The peer does not speak ZMTP: its first ten bytes are not a ZMTP signature.');
        }
        return this.#expect('version', 54);
      case 'version':
        checkGreeting(part);
        this.#expect('flags', 1);
        return { type: 'greeting' };
      case 'flags':
        this.#flags = part.readUInt8();
        checkFlags(this.#flags, this.#frames.length > 0);
        return this.#flags & flag.long ? this.#expect('long size', 8) : this.#expect('short size', 1);
      case 'short size':
        return this.#expectBody(part.readUInt8());
      case 'long size':
        return this.#expectBody(part.readUInt32BE(0) * 2 ** 32 + part.readUInt32BE(4));
      case 'body':
        this.#expect('flags', 1);
        return this.#flags & flag.command ? this.#command(part) : this.#frame(part);
    }
  }

  #expect(expected: Expected, bytes: number): undefined {
    this.#expected = expected;
    this.#needed = bytes;
  }

  #expectBody(bytes: number): undefined {
    this.#messageBytes += bytes;
    if (this.#messageBytes > maxMessageBytes) {
      throw new ZmtpError(
        `The peer announced a message of ${this.#messageBytes} bytes or more; at most ${maxMessageBytes} are accepted.`,
      );
    }
    this.#expect('body', bytes);
  }

  #frame(body: Buffer): ZmtpEvent | undefined {
    if (!this.#ready) throw new ZmtpError('The peer sent a message before its READY command.');
    this.#frames.push(body);
    if (this.#flags & flag.more) return undefined;
    const frames = this.#frames;
    this.#frames = [];
    this.#messageBytes = 0;
    return { type: 'message', frames };
  }

  #command(body: Buffer): ZmtpEvent | undefined {
    this.#messageBytes = 0;
    const { name, data } = parseCommand(body);
    if (name === 'ERROR') throw new ZmtpError(`The peer refused the connection: ${errorReason(data)}`);
    // After the handshake, ZMTP 3.0 with NULL defines no command; a later revision's are safe to ignore.
    if (this.#ready) return undefined;
    if (name !== 'READY')
      throw new ZmtpError(`The peer sent the command ${JSON.stringify(name)} before READY.`);
    this.#ready = true;
    return { type: 'ready', properties: parseProperties(data) };
  }
}

/** The 64 octets that open a connection: signature, version 3.0, mechanism NULL, not a server. */
export function encodeGreeting(): Buffer {
  const greeting = Buffer.alloc(64);
  greeting[0] = 0xff;
  greeting[9] = 0x7f;
  greeting[10] = 3;
  greeting.write('NULL', 12, 'ascii');
  return greeting;
}

/** The READY command, which ends the NULL handshake, as a frame. */
export function encodeReady(properties: Readonly<Record<string, string>>): Buffer {
  const parts = [Buffer.from('\x05READY', 'latin1')];
  for (const [name, value] of Object.entries(properties)) {
    const data = Buffer.from(value);
    const size = Buffer.alloc(4);
    size.writeUInt32BE(data.length);
    parts.push(Buffer.of(name.length), Buffer.from(name, 'latin1'), size, data);
  }
  return Buffer.concat(encodeFrame(flag.command, Buffer.concat(parts)));
}

/** One message as the bytes to write. */
export function encodeMessage(frames: readonly Buffer[]): Buffer {
  const last = frames.length - 1;
  return Buffer.concat(frames.flatMap((frame, index) => encodeFrame(index < last ? flag.more : 0, frame)));
}

/** What a SUB socket sends to receive every message: in ZMTP 3.0, 0x01 and the (here empty) topic prefix. */
export function encodeSubscribeToAll(): Buffer {
  return encodeMessage([Buffer.of(1)]);
}

function encodeFrame(flags: number, body: Buffer): [head: Buffer, body: Buffer] {
  if (body.length < 256) return [Buffer.of(flags, body.length), body];
  const head = Buffer.alloc(9);
  head[0] = flags | flag.long;
  head.writeBigUInt64BE(BigInt(body.length), 1);
  return [head, body];
}

/** Checks what follows the signature: version (2 octets), mechanism (20), as-server (1), filler (31). */
function checkGreeting(rest: Buffer): void {
  const major = rest.readUInt8(0);
  if (major < 3)
    throw new ZmtpError(`The peer speaks ZMTP ${major}, which is older than the 3.0 spoken here.`);
  const mechanism = rest.toString('latin1', 2, 22).replace(/\0+$/, '');
  if (mechanism !== 'NULL') {
    throw new ZmtpError(
      `The peer asks for the security mechanism ${JSON.stringify(mechanism)}; only NULL is spoken here.`,
    );
  }
}

function checkFlags(flags: number, insideMessage: boolean): void {
  if (flags & flag.reserved) {
    throw new ZmtpError(`The peer set reserved bits in a frame's flags (0x${flags.toString(16)}).`);
  }
  if (flags & flag.command && (flags & flag.more || insideMessage)) {
    throw new ZmtpError('The peer sent a command as a part of a message.');
  }
}

function parseCommand(body: Buffer): { name: string; data: Buffer } {
  const size = body[0];
  if (!size || body.length < 1 + size) throw new ZmtpError('The peer sent a command without a whole name.');
  return { name: body.toString('latin1', 1, 1 + size), data: body.subarray(1 + size) };
}

function errorReason(data: Buffer): string {
  return data.toString('utf8', 1, 1 + (data[0] ?? 0)) || 'it gave no reason';
}

function parseProperties(data: Buffer): Map<string, Buffer> {
  const properties = new Map<string, Buffer>();
  for (let at = 0; at < data.length; ) {
    const nameEnd = at + 1 + data.readUInt8(at);
    if (nameEnd + 4 > data.length) throw new ZmtpError('The peer sent a READY command that is cut short.');
    const valueEnd = nameEnd + 4 + data.readUInt32BE(nameEnd);
    if (valueEnd > data.length) throw new ZmtpError('The peer sent a READY command that is cut short.');
    properties.set(
      data.toString('latin1', at + 1, nameEnd).toLowerCase(),
      data.subarray(nameEnd + 4, valueEnd),
    );
    at = valueEnd;
  }
  return properties;
}

/** Bytes that arrive in pieces and leave in others. A byte is copied at most once, however small the pieces. */
class ByteQueue {
  #pieces: Buffer[] = [];
  /** How many of the first piece's bytes have left. */
  #offset = 0;
  #length = 0;

  push(piece: Buffer): void {
    if (piece.length === 0) return;
    this.#pieces.push(piece);
    this.#length += piece.length;
  }

  /** The next `count` bytes, or undefined when fewer are there. */
  take(count: number): Buffer | undefined {
    if (this.#length < count) return undefined;
    const first = this.#pieces[0];
    this.#length -= count;
    if (first && first.length - this.#offset > count) {
      this.#offset += count;
      return first.subarray(this.#offset - count, this.#offset);
    }
    return this.#takePieces(count);
  }

  /** Takes at least the whole of the first piece. */
  #takePieces(count: number): Buffer {
    const taken: Buffer[] = [];
    let missing = count;
    let used = 0;
    for (const piece of this.#pieces) {
      const available = piece.length - this.#offset;
      if (available > missing) break;
      taken.push(piece.subarray(this.#offset));
      missing -= available;
      this.#offset = 0;
      used += 1;
    }
    this.#pieces.splice(0, used);
    const next = this.#pieces[0];
    if (missing > 0 && next) {
      taken.push(next.subarray(this.#offset, this.#offset + missing));
      this.#offset += missing;
    }
    const [only, ...others] = taken;
    return only && others.length === 0 ? only : Buffer.concat(taken, count);
  }
}
