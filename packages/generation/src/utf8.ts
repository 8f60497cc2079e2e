/** The bytes of a source are no UTF-8. */
export class InvalidUtf8Error extends Error {
  override readonly name = 'InvalidUtf8Error';
  /** Offset of the first byte that cannot stand where it stands, from the start of the source. */
  readonly byteOffset: number;

  constructor(byteOffset: number, problem: string) {
    super(
      `Invalid UTF-8 at byte offset ${byteOffset}: ${problem}. ` +
        'The text must be UTF-8; convert it (for example with iconv), or check what cut it.',
    );
    this.byteOffset = byteOffset;
  }
}

/**
 * Decodes UTF-8 that arrives in pieces cut anywhere. A character is released with its last byte. Unlike
 * `TextDecoder` it says where the first bad byte is; a byte order mark stays in the text.
 */
export class Utf8Decoder {
  /** The first bytes of a character that the next piece completes; at most three. */
  #pending = new Uint8Array(0);
  /** How many bytes came before the pending ones. */
  #decodedBytes = 0;

  /** @throws InvalidUtf8Error */
  decode(piece: Uint8Array): string {
    const bytes = concat(this.#pending, piece);
    const complete = bytes.subarray(0, completeLength(bytes));
    const text = this.#decodeAll(complete);
    this.#pending = bytes.slice(complete.length);
    this.#decodedBytes += complete.length;
    return text;
  }

  /** Call it where the bytes end. @throws InvalidUtf8Error when they end inside a character. */
  end(): void {
    if (this.#pending.length > 0) {
      throw new InvalidUtf8Error(this.#decodedBytes, 'the input ends inside a character');
    }
  }

  #decodeAll(bytes: Uint8Array): string {
    try {
      return fatalDecoder().decode(bytes);
    } catch {
      const index = firstInvalid(bytes);
      const byte = (bytes[index] ?? 0).toString(16).padStart(2, '0');
      throw new InvalidUtf8Error(this.#decodedBytes + index, `byte 0x${byte} cannot stand here`);
    }
  }
}

/** `ignoreBOM` keeps a byte order mark; otherwise one would vanish at the start of every piece. */
const fatalDecoder = () => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function concat(head: Uint8Array, tail: Uint8Array): Uint8Array {
  if (head.length === 0) return tail;
  const bytes = new Uint8Array(head.length + tail.length);
  bytes.set(head);
  bytes.set(tail, head.length);
  return bytes;
}

/** The length without a last character that lacks bytes: a lead byte among the last three says how many it needs. */
function completeLength(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) break;
    if (byte >= 0xc0) {
      const needed = byte >= 0xf8 ? 1 : byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return back < needed ? bytes.length - back : bytes.length;
    }
  }
  return bytes.length;
}

/** Where bytes that are known to be invalid become so. Byte by byte, which is slow and happens once. */
function firstInvalid(bytes: Uint8Array): number {
  const decoder = fatalDecoder();
  return bytes.findIndex((_, index) => {
    try {
      decoder.decode(bytes.subarray(index, index + 1), { stream: true });
      return false;
    } catch {
      return true;
    }
  });
}
