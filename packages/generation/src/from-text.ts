import type { Observable } from 'rxjs';
import type { Clock } from './clock.js';
import { seededRandom } from './random.js';
import { replay } from './replay.js';
import { splitTokens } from './split.js';
import type { Token } from './token.js';

/** How fast a text is written. */
export interface Pace {
  /** Mean rate after the first token; greater than 0. `Infinity` delivers all tokens at once. */
  readonly tokensPerSecond: number;
  /** Milliseconds until the first token (time to first token); 0 by default. */
  readonly ttftMs?: number;
  /** How far a gap between two tokens may be from the mean, as a share of the mean, from 0 (default) to 1. */
  readonly jitter?: number;
  /** Chooses the jitter; the same integer gives the same times. 0 by default. */
  readonly seed?: number;
}

/**
 * A text as a model would stream it: in pieces like tokens, at a pace.
 *
 * Each token has a due time that counts from the subscription, so timers that fire late delay no later token: when the
 * event loop was busy, all tokens that have become due arrive together.
 *
 * @example fromText('print(1)\n', { tokensPerSecond: 80, ttftMs: 400 })
 * @throws RangeError when a number of the pace is out of its range.
 */
export function fromText(text: string, options: Pace & { readonly clock?: Clock }): Observable<Token> {
  return replay(paceText(text, options), options.clock);
}

/** The tokens of a text, each with the time it is due in milliseconds since the first request. See {@link fromText}. */
export function paceText(text: string, pace: Pace): Token[] {
  const { tokensPerSecond, ttftMs = 0, jitter = 0, seed = 0 } = pace;
  check('tokensPerSecond', tokensPerSecond, tokensPerSecond > 0, 'a number greater than 0, or Infinity');
  check('ttftMs', ttftMs, ttftMs >= 0 && Number.isFinite(ttftMs), 'a number of milliseconds, 0 or more');
  check('jitter', jitter, jitter >= 0 && jitter <= 1, 'a number from 0 to 1');
  check('seed', seed, Number.isSafeInteger(seed), 'an integer');

  const meanGapMs = 1000 / tokensPerSecond;
  const random = seededRandom(seed);
  let gapsBefore = 0;
  return splitTokens(text).map((piece, index) => {
    if (index > 0) gapsBefore += 1 + jitter * (2 * random() - 1);
    return { text: piece, atMs: ttftMs + gapsBefore * meanGapMs };
  });
}

function check(name: string, value: number, isValid: boolean, expected: string): void {
  if (!isValid) throw new RangeError(`${name} is ${value}, but must be ${expected}.`);
}
