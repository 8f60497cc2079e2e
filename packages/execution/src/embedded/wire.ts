import { createHmac, timingSafeEqual } from 'node:crypto';
import type { KernelMessage } from '@jupyterlab/services';

/** A message from the kernel does not follow the Jupyter wire protocol, or its signature is not the kernel's. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

export type Channel = 'shell' | 'control' | 'stdin' | 'iopub';

/** Stands between the addresses that ZeroMQ needs and the message. */
const delimiter = Buffer.from('<IDS|MSG>');

/**
 * Turns Jupyter messages into frames and back:
 * `addresses… <IDS|MSG> signature header parent_header metadata content buffers…`.
 *
 * The signature is the HMAC-SHA256, in hexadecimal, of the four JSON frames. The key, known from the connection
 * file alone, proves that a message comes from somebody who may read that file.
 *
 * @see https://jupyter-client.readthedocs.io/en/stable/messaging.html#the-wire-protocol
 */
export class Wire {
  readonly #key: string;

  constructor(key: string) {
    this.#key = key;
  }

  encode(message: KernelMessage.IMessage): Buffer[] {
    const parts = [message.header, message.parent_header, message.metadata, message.content].map((part) =>
      Buffer.from(JSON.stringify(part ?? {})),
    );
    return [delimiter, Buffer.from(this.#sign(parts)), ...parts, ...(message.buffers ?? []).map(toBuffer)];
  }

  /** @throws {WireError} */
  decode(frames: readonly Buffer[], channel: Channel): KernelMessage.IMessage {
    const start = frames.findIndex((frame) => frame.equals(delimiter)) + 1;
    const [signature, header, parentHeader, metadata, content, ...buffers] =
      start > 0 ? frames.slice(start) : [];
    if (!signature || !header || !parentHeader || !metadata || !content) {
      throw new WireError(
        `The kernel sent ${frames.length} frames on ${channel} that are not a Jupyter message.`,
      );
    }
    const expected = Buffer.from(this.#sign([header, parentHeader, metadata, content]));
    // timingSafeEqual tells nobody how many leading characters of a forged signature are right.
    if (signature.length !== expected.length || !timingSafeEqual(signature, expected)) {
      throw new WireError(
        `A message on ${channel} is not signed with the kernel's key; it was not sent by the kernel.`,
      );
    }
    return {
      channel,
      header: parseObject(header),
      parent_header: parseObject(parentHeader),
      metadata: parseObject(metadata),
      content: parseObject(content),
      buffers: buffers.map(toDataView),
    } as unknown as KernelMessage.IMessage;
  }

  #sign(parts: readonly Buffer[]): string {
    const hmac = createHmac('sha256', this.#key);
    for (const part of parts) hmac.update(part);
    return hmac.digest('hex');
  }
}

function parseObject(json: Buffer): object {
  let value: unknown;
  try {
    value = JSON.parse(json.toString());
  } catch (error) {
    throw new WireError(`The kernel sent a message that is not JSON: ${String(error)}`);
  }
  if (typeof value !== 'object' || value === null) {
    throw new WireError(
      `The kernel sent a message with ${value === null ? 'null' : typeof value} in the place of an object.`,
    );
  }
  return value;
}

function toBuffer(data: ArrayBuffer | ArrayBufferView): Buffer {
  return ArrayBuffer.isView(data)
    ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    : Buffer.from(data);
}

/** A view of an ArrayBuffer of its own, because that is what receivers get from a server, and some use `.buffer`. */
function toDataView(frame: Buffer): DataView {
  return new DataView(new Uint8Array(frame).buffer);
}
