import {
  catchError,
  concat,
  defer,
  EMPTY,
  filter,
  isObservable,
  type MonoTypeOperatorFunction,
  map,
  Observable,
  type Subscriber,
  takeUntil,
} from 'rxjs';
import { type Clock, startClock } from './clock.js';
import type { Token } from './token.js';
import { Utf8Decoder } from './utf8.js';

/**
 * Where text comes from: an async iterable (`process.stdin`, an SDK's stream, an async generator), a web stream
 * (`response.body`) or an observable. Bytes are UTF-8, cut anywhere.
 */
export type TextSource =
  | AsyncIterable<string | Uint8Array>
  | WebStream<string | Uint8Array>
  | Observable<string | Uint8Array>;

/** What is needed of a web `ReadableStream`, so that those of Node and of browsers fit. */
export interface WebStream<T> {
  getReader(): {
    read(): Promise<{ readonly done: boolean; readonly value?: T | undefined }>;
    cancel(reason?: unknown): Promise<void>;
  };
}

export interface StreamOptions {
  /** Stamps the tokens. Its zero is the run's; by default the moment of subscription. */
  readonly clock?: Clock;
  /** The signal that stops the generation behind the source. */
  readonly signal?: AbortSignal;
}

/** Generation was stopped before its end, so its text may stop anywhere. `cause` is the signal's reason. */
export class GenerationAbortedError extends Error {
  override readonly name = 'GenerationAbortedError';

  constructor(reason?: unknown) {
    super('Generation was aborted before its end, so the text may stop anywhere: it is no whole program.', {
      cause: reason,
    });
  }
}

/**
 * The pieces of a source as tokens, as they come. Empty pieces are left out.
 *
 * Unsubscribing stops the source: a web stream is cancelled, a Node stream destroyed, the request of an SDK's stream
 * aborted, an iterator returned (an async generator notices when what it waits for has settled). When `signal` aborts,
 * the source is stopped and the observable fails with a {@link GenerationAbortedError} at once. Most SDKs end their
 * stream quietly on abort: without the signal, half a program would look like a whole one.
 *
 * Fails with an `InvalidUtf8Error` on bytes that are no UTF-8, and with the source's own error.
 *
 * @example fromStream(process.stdin)
 * @example fromStream(sdkStream, { signal: controller.signal })
 */
export function fromStream(source: TextSource, { clock, signal }: StreamOptions = {}): Observable<Token> {
  return defer(() => {
    const now = clock ?? startClock();
    const text$ = decodeBytes(pieces(source)).pipe(
      filter((text) => text !== ''),
      map((text) => ({ text, atMs: now() })),
    );
    return signal === undefined ? text$ : text$.pipe(failOnAbort(signal));
  });
}

/** The source may learn of the abort before us, and end or fail on it: both mean the same. */
export function failOnAbort<T>(signal: AbortSignal): MonoTypeOperatorFunction<T> {
  const aborted$ = new Observable<never>((subscriber) => {
    const fail = () => subscriber.error(new GenerationAbortedError(signal.reason));
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
    return () => signal.removeEventListener('abort', fail);
  });
  const verified$ = defer(() => {
    signal.throwIfAborted();
    return EMPTY;
  });
  return (tokens$) =>
    concat(tokens$, verified$).pipe(
      catchError((error: unknown) => {
        throw signal.aborted ? new GenerationAbortedError(signal.reason) : error;
      }),
      takeUntil(aborted$),
    );
}

/** Strings pass through, but none may stand inside a character whose bytes are still to come. */
function decodeBytes(pieces$: Observable<string | Uint8Array>): Observable<string> {
  const decoder = new Utf8Decoder();
  const decode = (piece: string | Uint8Array) => {
    if (typeof piece !== 'string') return decoder.decode(piece);
    decoder.end();
    return piece;
  };
  const end$ = defer(() => {
    decoder.end();
    return EMPTY;
  });
  return concat(pieces$.pipe(map(decode)), end$);
}

/**
 * The items of a source as they come. RxJS's own `from` neither cancels a web stream nor returns an iterator that waits
 * when it is unsubscribed.
 */
export function pieces<T>(source: AsyncIterable<T> | WebStream<T> | Observable<T>): Observable<T> {
  if (isObservable(source)) return source;
  return new Observable((subscriber) => {
    const pull = 'getReader' in source ? pullWebStream(source) : pullIterable(source);
    void pump(pull, subscriber);
    return () => void pull.stop().catch(() => {}); // nobody is left to tell
  });
}

interface Pull<T> {
  next(): Promise<{ readonly done?: boolean | undefined; readonly value?: T | undefined }>;
  stop(): Promise<unknown>;
}

async function pump<T>(pull: Pull<T>, subscriber: Subscriber<T>): Promise<void> {
  try {
    while (!subscriber.closed) {
      const { done, value } = await pull.next();
      if (done) subscriber.complete();
      else if (value !== undefined) subscriber.next(value);
    }
  } catch (error) {
    subscriber.error(error);
  }
}

function pullWebStream<T>(stream: WebStream<T>): Pull<T> {
  const reader = stream.getReader();
  return { next: () => reader.read(), stop: () => reader.cancel() };
}

function pullIterable<T>(iterable: AsyncIterable<T>): Pull<T> {
  const iterator = iterable[Symbol.asyncIterator]();
  return {
    next: () => iterator.next(),
    stop: async () => {
      // A Node stream's iterator is a generator: while it waits for input, only destroying the stream wakes it.
      if ('destroy' in iterable && typeof iterable.destroy === 'function') iterable.destroy();
      // So is that of an SDK's stream, whose request has a controller.
      if ('controller' in iterable && iterable.controller instanceof AbortController)
        iterable.controller.abort();
      await iterator.return?.();
    },
  };
}
