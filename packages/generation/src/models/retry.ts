import { catchError, concat, defer, ignoreElements, type Observable, of, tap, timer } from 'rxjs';
import type { Clock } from '../clock.js';
import type { ModelEvent } from './model.js';
import { ModelError } from './model-error.js';

/**
 * Sends a request again after an error that passes, as long as nothing has come of it: after the first token never,
 * for the code that came may have run. Each wait is an event.
 *
 * @param attempt$ sends the request when it is subscribed
 * @param random uniform in [0, 1)
 */
export function retrying(
  attempt$: Observable<ModelEvent>,
  now: Clock,
  maxRetries: number,
  random: () => number = Math.random,
): Observable<ModelEvent> {
  const attempt = (retries: number): Observable<ModelEvent> =>
    defer(() => {
      let hasBegun = false;
      return attempt$.pipe(
        tap(() => {
          hasBegun = true;
        }),
        catchError((error: unknown) => {
          if (!(error instanceof ModelError) || hasBegun || !error.isRetryable) throw error;
          if (retries === maxRetries) throw givenUp(error, retries);
          const waitMs = retryDelayMs(retries, error.retryAfterMs, random);
          if (waitMs > MAX_WAIT_MS) throw tooLong(error, waitMs);
          return concat(
            of<ModelEvent>({ type: 'retry', atMs: now(), waitMs, error }),
            timer(waitMs).pipe(ignoreElements()),
            attempt(retries + 1),
          );
        }),
      );
    });
  return attempt(0);
}

/** Longer than this a person should decide. */
const MAX_WAIT_MS = 60_000;

/**
 * What the server asks for, or else 0.5 s, 1 s, 2 s, … up to 8 s, each less up to a quarter, so that clients that
 * failed together do not come back together.
 *
 * @param retries how many have been made
 */
export function retryDelayMs(
  retries: number,
  retryAfterMs: number | undefined,
  random: () => number = Math.random,
): number {
  return retryAfterMs ?? Math.min(500 * 2 ** retries, 8000) * (1 - random() / 4);
}

/**
 * The wait that a server asks for, in milliseconds: `retry-after-ms`, or `retry-after` in seconds or as a date.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function retryAfterMs(headers: Pick<Headers, 'get'>, nowMs = Date.now()): number | undefined {
  const ms = positive(headers.get('retry-after-ms'));
  if (ms !== undefined) return ms;
  const value = headers.get('retry-after') ?? '';
  const seconds = positive(value);
  if (seconds !== undefined) return seconds * 1000;
  const isDate = /[a-z]/i.test(value); // `Date.parse` would take a bare number for a year
  const atMs = isDate ? Date.parse(value) : Number.NaN;
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}

function positive(text: string | null): number | undefined {
  const value = text?.trim() ? Number(text) : Number.NaN;
  return value >= 0 ? value : undefined;
}

function givenUp(error: ModelError, retries: number): ModelError {
  return retries === 0
    ? error
    : error.with({ message: `${error.message} It was tried ${retries + 1} times.` });
}

function tooLong(error: ModelError, waitMs: number): ModelError {
  return error.with({
    message: `${error.message} The server asks to wait ${Math.round(waitMs / 1000)} seconds, which is not done unasked.`,
  });
}
