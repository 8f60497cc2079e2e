import {
  catchError,
  defer,
  finalize,
  from,
  type Observable,
  switchMap,
  tap,
  throwError,
  timeout,
} from 'rxjs';
import { startClock } from '../clock.js';
import { failOnAbort, pieces, type StreamOptions } from '../from-stream.js';
import { type AnswerReader, toAnswer } from './answer.js';
import { type RequestFacts, responseError } from './http-error.js';
import type { ModelEvent } from './model.js';
import { cutError, ModelError, rootMessage } from './model-error.js';
import { patientFetch } from './patient-fetch.js';
import { retrying } from './retry.js';
import { eventData } from './server-sent-events.js';

export interface ConnectionOptions {
  /**
   * How long nothing may arrive before the request fails with kind `silence`, in milliseconds; 10 minutes by default.
   */
  readonly idleTimeoutMs?: number | undefined;
  /** How often a request is sent again after an error that passes; 4 times by default. */
  readonly maxRetries?: number | undefined;
  /** Sends requests; by default Node's `fetch`, without its own time limits. */
  readonly fetch?: typeof fetch | undefined;
}

/** One request to one service: all in which services differ. */
export interface Endpoint extends Omit<RequestFacts, 'hasKey'> {
  readonly key: string | undefined;
  headers(refused: ReadonlySet<string>): Readonly<Record<string, string>>;
  /** @param refused those of `optionalFields` that the server does not take */
  body(refused: ReadonlySet<string>): object;
  /**
   * Fields of the body that some servers do not know and refuse. A request that is refused for one is sent without
   * it.
   */
  readonly optionalFields: readonly string[];
  readonly newReader: () => AnswerReader;
}

/** Sends the request and reads the answer. See `Model.stream` for what that promises. */
export function ask(
  endpoint: Endpoint,
  { clock, signal }: StreamOptions,
  { idleTimeoutMs = 600_000, maxRetries = 4, fetch = patientFetch }: ConnectionOptions,
): Observable<ModelEvent> {
  const events$ = defer(() => {
    checkKey(endpoint);
    const now = clock ?? startClock();
    const refused = new Set<string>();
    // Text that arrived together has one time, however long it takes to work it off.
    let arrivedAtMs = now();
    const attempt$ = defer(() => post(endpoint, refused, fetch)).pipe(
      timeout({ each: idleTimeoutMs, with: () => throwError(() => silence(idleTimeoutMs)) }),
      tap(() => {
        arrivedAtMs = now();
      }),
      eventData(),
      toAnswer(endpoint.newReader, () => arrivedAtMs, toModelError),
      catchError((error) => throwError(() => withoutKey(error, endpoint.key))),
    );
    return retrying(attempt$, now, maxRetries);
  });
  return signal === undefined ? events$ : events$.pipe(failOnAbort(signal));
}

/** The bytes of the response. Unsubscribing aborts the request, whatever it is at. */
function post(
  endpoint: Endpoint,
  refused: Set<string>,
  fetch: ConnectionOptions['fetch'] & {},
): Observable<Uint8Array> {
  const controller = new AbortController();
  const send = async (): Promise<ReadableStream<Uint8Array>> => {
    const response = await fetch(endpoint.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        'accept-encoding': 'identity', // what a proxy compresses it collects first
        ...endpoint.headers(refused),
      },
      body: JSON.stringify(endpoint.body(refused)),
      redirect: 'manual', // another server must not get the key, nor a GET take the place of the POST
      signal: controller.signal,
    }).catch((error: unknown) => {
      throw unreachable(placeOf(endpoint), error);
    });
    if (response.ok && response.body !== null && !isOtherType(response)) return response.body;

    const body = await response.text();
    const field = endpoint.optionalFields.find((name) => !refused.has(name) && body.includes(name));
    if ((response.status === 400 || response.status === 422) && field !== undefined) {
      refused.add(field);
      return send();
    }
    const { status, headers } = response;
    const facts = { ...endpoint, url: placeOf(endpoint), hasKey: endpoint.key !== undefined };
    throw responseError({ status, headers, body }, facts);
  };
  return from(send()).pipe(
    switchMap((body) => pieces<Uint8Array>(body)),
    finalize(() => controller.abort()),
  );
}

/**
 * Servers that stream name many types; a page or a lone JSON object is an error, or an answer that was not streamed.
 */
function isOtherType(response: Response): boolean {
  return /\b(?:html|json|xml)\b/i.test(response.headers.get('content-type') ?? '');
}

function checkKey({ key, keyVariable }: Endpoint): void {
  // `fetch` would quote a key that no header can hold in its error.
  if (key !== undefined && !/^[\x21-\x7e]+$/.test(key)) {
    throw new ModelError(
      'wrong-key',
      `The key in ${keyVariable} has a character that no key has, such as a space or a line break. Copy it again.`,
    );
  }
}

/** The address without its query, which may hold a key. */
function placeOf({ url }: Endpoint): string {
  return url.replace(/\?.*/s, '');
}

function toModelError(error: unknown): unknown {
  return error instanceof ModelError ? error : cutError(error);
}

function unreachable(place: string, error: unknown): ModelError {
  const why = error instanceof Error ? rootMessage(error) : String(error);
  return new ModelError(
    'unreachable',
    `There is no connection to ${place}: ${why}. Check the base URL, and that the server runs and can be reached from here.`,
    {
      isRetryable:
        /ECONN|EPIPE|ETIMEDOUT|EAI_AGAIN|TIMEOUT|timed? ?out|other side closed|socket hang up/i.test(why),
      cause: error,
    },
  );
}

function silence(idleTimeoutMs: number): ModelError {
  return new ModelError(
    'silence',
    `The model's service has sent nothing for ${idleTimeoutMs / 1000} seconds, so the connection was closed. ` +
      'Ask again, or allow a longer silence.',
  );
}

/** Servers and proxies may quote what they got, and an excerpt of that may end within the key. */
function withoutKey(error: unknown, key: string | undefined): unknown {
  if (!(error instanceof ModelError) || key === undefined) return error;
  let message = error.message.replaceAll(key, '[key]');
  for (let length = key.length - 1; length >= 4; length--) {
    message = message.replaceAll(`${key.slice(0, length)}…`, '[key]…');
  }
  return message === error.message ? error : error.with({ message });
}
