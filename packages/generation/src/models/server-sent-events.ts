import { createParser } from 'eventsource-parser';
import { concat, concatMap, defer, type OperatorFunction, takeWhile } from 'rxjs';
import { InvalidUtf8Error, Utf8Decoder } from '../utf8.js';
import { excerpt, ModelError } from './model-error.js';

/**
 * The JSON that server-sent events carry. Bytes may be cut anywhere. Completes at the event `[DONE]`, which OpenAI's
 * API and its kin send last, or with the bytes.
 *
 * Fails with kind `malformed` on bytes that are no UTF-8, on data that is no JSON, and on a body of other lines
 * without any event. Among events such lines are passed over, as the standard demands.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export function eventData(): OperatorFunction<Uint8Array, unknown> {
  return (bytes$) =>
    defer(() => {
      const reader = new EventReader();
      return concat(
        bytes$.pipe(concatMap((bytes) => reader.feed(bytes))),
        defer(() => reader.end()),
      ).pipe(
        takeWhile((data) => data !== '[DONE]'),
        concatMap((data) => [parseData(data)]),
      );
    });
}

class EventReader {
  readonly #decoder = new Utf8Decoder();
  #data: string[] = [];
  #isStart = true;
  #hasEvents = false;
  /** The first line that is no field. */
  #strangeLine: string | undefined;
  readonly #parser = createParser({
    maxBufferSize: MAX_EVENT_LENGTH,
    onEvent: ({ data }) => {
      this.#hasEvents = true;
      this.#data.push(data);
    },
    onError: ({ type, line = '' }) => {
      if (type === 'max-buffer-size-exceeded') {
        throw malformed(`an event is longer than ${MAX_EVENT_LENGTH / 2 ** 20} MB`);
      }
      if (type === 'unknown-field') this.#strangeLine ??= line;
    },
  });

  feed(bytes: Uint8Array): string[] {
    let text = this.#decode(bytes);
    if (this.#isStart && text !== '') {
      this.#isStart = false;
      text = text.replace(/^\uFEFF/, ''); // the standard allows one byte order mark, and the parser does not know it
    }
    this.#parser.feed(text);
    const data = this.#data;
    this.#data = [];
    return data;
  }

  /** @throws {ModelError} when there was no event, for then the bytes were something else */
  end(): string[] {
    if (!this.#hasEvents && this.#strangeLine !== undefined) {
      throw malformed(`it has no events, and begins with “${excerpt(this.#strangeLine)}”`);
    }
    return [];
  }

  #decode(bytes: Uint8Array): string {
    try {
      return this.#decoder.decode(bytes);
    } catch (error) {
      if (error instanceof InvalidUtf8Error) throw malformed(`byte ${error.byteOffset} is no UTF-8`);
      throw error;
    }
  }
}

/** Bounds what a server that never ends a line can make us keep. */
const MAX_EVENT_LENGTH = 16 * 2 ** 20;

function parseData(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    throw malformed(`the data of an event is no JSON: “${excerpt(data)}”`);
  }
}

function malformed(what: string): ModelError {
  return new ModelError(
    'malformed',
    `What arrives is no stream of a model: ${what}. Check the base URL and the proxies between here and the model.`,
  );
}
