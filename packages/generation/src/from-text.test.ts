import { map, take, tap, toArray } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, test } from 'vitest';
import { fromText, paceText } from './from-text.js';
import { splitTokens } from './split.js';
import type { Token } from './token.js';

const text = 'a b c d';

/** Runs a test in virtual time; `clock` is the scheduler's. */
function virtually(
  run: (helpers: Parameters<Parameters<TestScheduler['run']>[0]>[0] & { clock: () => number }) => void,
): void {
  const scheduler = new TestScheduler((actual, expected) => expect(actual).toEqual(expected));
  scheduler.run((helpers) => run({ ...helpers, clock: () => scheduler.now() }));
}

describe('fromText', () => {
  test('delivers a token each 1000 / tokensPerSecond ms and completes with the last', () => {
    virtually(({ clock, expectObservable }) => {
      const tokens$ = fromText(text, { tokensPerSecond: 100, clock });
      expectObservable(tokens$.pipe(map((token) => token.text))).toBe('a 9ms b 9ms c 9ms (d|)', {
        a: 'a',
        b: ' b',
        c: ' c',
        d: ' d',
      });
    });
  });

  test('waits for the first token, and stamps tokens with their arrival on the clock of the run', () => {
    virtually(({ clock, expectObservable }) => {
      const tokens$ = fromText(text, { tokensPerSecond: 50, ttftMs: 300, clock: () => clock() + 7 });
      const atMs$ = tokens$.pipe(map((token) => token.atMs));
      expectObservable(atMs$).toBe('300ms a 19ms b 19ms c 19ms (d|)', { a: 307, b: 327, c: 347, d: 367 });
    });
  });

  test('catches up after the event loop was late', () => {
    virtually(({ clock, expectObservable }) => {
      let lateMs = 0;
      const blockAfterFirst = tap<Token>(() => {
        lateMs = 25;
      });
      const tokens$ = fromText(text, { tokensPerSecond: 100, clock: () => clock() + lateMs });
      const atMs$ = tokens$.pipe(
        blockAfterFirst,
        map((token) => token.atMs),
      );
      // Due at 0, 10, 20 and 30: two have become due during the 25 ms, and the last one is not late.
      expectObservable(atMs$).toBe('(abc) (d|)', { a: 0, b: 25, c: 25, d: 30 });
    });
  });

  test('delivers everything at once at an infinite rate', () => {
    virtually(({ clock, expectObservable }) => {
      const tokens$ = fromText(text, {
        tokensPerSecond: Number.POSITIVE_INFINITY,
        jitter: 1,
        ttftMs: 5,
        clock,
      });
      expectObservable(tokens$.pipe(map((token) => token.text))).toBe('5ms (abcd|)', {
        a: 'a',
        b: ' b',
        c: ' c',
        d: ' d',
      });
    });
  });

  test('completes for an empty text', () => {
    virtually(({ clock, expectObservable }) => {
      expectObservable(fromText('', { tokensPerSecond: 1, clock })).toBe('|');
    });
  });

  test('stops its timer when it is unsubscribed', () => {
    virtually(({ clock, expectObservable, flush }) => {
      const readsAtMs: number[] = [];
      const watchedClock = () => {
        readsAtMs.push(clock());
        return clock();
      };
      const tokens$ = fromText(text, { tokensPerSecond: 100, clock: watchedClock });
      expectObservable(tokens$.pipe(map(() => 'x')), '14ms !').toBe('x 9ms x');
      flush();
      expect(Math.max(...readsAtMs)).toBe(10); // no timer at 20 ms
    });
  });

  test('delivers no token after `take` at an infinite rate', () => {
    virtually(({ clock, expectObservable }) => {
      const seen: string[] = [];
      const tokens$ = fromText(text, { tokensPerSecond: Number.POSITIVE_INFINITY, clock }).pipe(
        tap((token) => seen.push(token.text)),
        take(2),
        toArray(),
        map(() => seen),
      );
      expectObservable(tokens$).toBe('(a|)', { a: ['a', ' b'] });
    });
  });

  test.each([
    [{ tokensPerSecond: 0 }, /tokensPerSecond is 0, but must be a number greater than 0/],
    [{ tokensPerSecond: Number.NaN }, /tokensPerSecond is NaN/],
    [{ tokensPerSecond: 1, ttftMs: -1 }, /ttftMs is -1/],
    [{ tokensPerSecond: 1, ttftMs: Number.POSITIVE_INFINITY }, /ttftMs is Infinity/],
    [{ tokensPerSecond: 1, jitter: 1.5 }, /jitter is 1.5, but must be a number from 0 to 1/],
    [{ tokensPerSecond: 1, seed: 0.5 }, /seed is 0.5, but must be an integer/],
  ])('refuses the pace %j', (pace, message) => {
    expect(() => fromText(text, pace)).toThrow(RangeError);
    expect(() => fromText(text, pace)).toThrow(message);
  });
});

describe('paceText', () => {
  const long = 'word '.repeat(1000);

  test('gives the tokens of the text, at times that increase', () => {
    const tokens = paceText(long, { tokensPerSecond: 100, jitter: 0.9, seed: 1, ttftMs: 400 });
    expect(tokens.map((token) => token.text)).toEqual(splitTokens(long));
    expect(tokens[0]?.atMs).toBe(400);
    const gapsMs = tokens.slice(1).map((token, index) => token.atMs - (tokens[index]?.atMs ?? 0));
    expect(Math.min(...gapsMs)).toBeGreaterThan(0.99);
    expect(Math.max(...gapsMs)).toBeLessThan(19.01);
    expect(new Set(gapsMs.map(Math.round)).size).toBeGreaterThan(10);
  });

  test('keeps the mean rate whatever the jitter', () => {
    const lastMs = paceText(long, { tokensPerSecond: 100, jitter: 1 }).at(-1)?.atMs ?? 0;
    expect(lastMs / (splitTokens(long).length - 1)).toBeCloseTo(10, 0);
  });

  test('gives the same times for the same seed only', () => {
    const pace = { tokensPerSecond: 10, jitter: 0.5 };
    expect(paceText(text, { ...pace, seed: 1 })).toEqual(paceText(text, { ...pace, seed: 1 }));
    expect(paceText(text, { ...pace, seed: 1 })).not.toEqual(paceText(text, { ...pace, seed: 2 }));
  });
});
