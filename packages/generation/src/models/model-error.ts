import type { PartialAnswer } from './model.js';

/**
 * Why there is no whole answer.
 *
 * Before the answer: `no-model`, `no-key`, `wrong-key`, `unknown-model`, `bad-request` (refused for another reason),
 * `wrong-address` (what answers is no model API), `rate-limit`, `server` (its fault), `unreachable`.
 *
 * At any time: `malformed` (what arrives is no answer), `silence` (nothing arrives), `cut` (the connection ended
 * before the answer), `server` (an error in the stream).
 *
 * At the end: `length` (no more tokens were allowed), `content-filter` (withheld or refused), `unfinished` (any other
 * reason to stop early).
 */
export type ModelErrorKind =
  | 'no-model'
  | 'no-key'
  | 'wrong-key'
  | 'unknown-model'
  | 'bad-request'
  | 'wrong-address'
  | 'rate-limit'
  | 'server'
  | 'unreachable'
  | 'malformed'
  | 'silence'
  | 'cut'
  | 'length'
  | 'content-filter'
  | 'unfinished';

export interface ModelErrorDetails {
  /** The HTTP status, if there was one. */
  readonly status?: number | undefined;
  /** Whether the same request may succeed a little later. */
  readonly isRetryable?: boolean | undefined;
  /** How long the server asks to wait before that, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  readonly answer?: PartialAnswer | undefined;
  readonly cause?: unknown;
}

/** A model gave no whole answer. The message says what happened, why, and what to do; no key is in it. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
  readonly kind: ModelErrorKind;
  readonly status: number | undefined;
  readonly isRetryable: boolean;
  readonly retryAfterMs: number | undefined;
  /** What had arrived. */
  readonly answer: PartialAnswer;

  constructor(kind: ModelErrorKind, message: string, details: ModelErrorDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined);
    this.kind = kind;
    this.status = details.status;
    this.isRetryable = details.isRetryable ?? false;
    this.retryAfterMs = details.retryAfterMs;
    this.answer = details.answer ?? { text: '', toolCalls: [] };
  }

  /** The same error, with what had arrived and perhaps another message. */
  with({ answer = this.answer, message = this.message }: { answer?: PartialAnswer; message?: string }) {
    return new ModelError(this.kind, message, {
      ...this,
      answer,
      ...('cause' in this && { cause: this.cause }),
    });
  }
}

/** The connection ended, in an orderly way or not, and the answer had not. */
export function cutError(cause?: unknown): ModelError {
  const why = cause instanceof Error ? ` (${rootMessage(cause)})` : '';
  return new ModelError(
    'cut',
    `The connection ended before the answer did${why}, so the text may stop anywhere: it is no whole program. ` +
      'Ask again; if it happens often, look at the proxies between here and the model.',
    { isRetryable: true, cause },
  );
}

/** `fetch` says «fetch failed» or «terminated», and its causes say why. */
export function rootMessage(error: Error): string {
  const { cause } = error;
  // One that tries several addresses has a code and no message.
  if (cause instanceof Error) return rootMessage(cause);
  return error.message || ('code' in error && String(error.code)) || error.name;
}

/** Text of a server, short enough for a message. */
export function excerpt(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}
