import type { Token } from '@eager/generation';
import { type Observable, of } from 'rxjs';
import { map, take, toArray } from 'rxjs/operators';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import { segment } from './segment.js';

const scheduler = () => new TestScheduler((actual, expected) => expect(actual).toEqual(expected));

const tokens: Record<string, Token> = {
  a: { text: 'x = ', atMs: 0 },
  b: { text: '1\n', atMs: 2 },
  c: { text: 'if y:\n  z\n', atMs: 4 },
  d: { text: 'w\n', atMs: 6 },
};

const chunks: Record<string, string> = { x: 'x = 1\n', i: 'if y:\n  z\n', w: 'w\n' };

const codeOf = (tokens$: Observable<Token>) =>
  tokens$.pipe(
    segment(),
    map(({ code }) => code),
  );

describe('segment', () => {
  it('emits each chunk with the token that closes it, and the open one on completion', () => {
    scheduler().run(({ cold, expectObservable, expectSubscriptions }) => {
      const tokens$ = cold('  a-b-c-(d|)', tokens);
      expectObservable(codeOf(tokens$)).toBe('--x---(iw|)', chunks);
      expectSubscriptions(tokens$.subscriptions).toBe('^-----!');
    });
    scheduler().run(({ cold, expectObservable }) => {
      expectObservable(codeOf(cold('c---|', tokens))).toBe('----(i|)', chunks);
    });
  });

  it('passes an error on without the open chunk', () => {
    scheduler().run(({ cold, expectObservable, expectSubscriptions }) => {
      const tokens$ = cold('  a-b-c-#', tokens);
      expectObservable(codeOf(tokens$)).toBe('--x---#', chunks);
      expectSubscriptions(tokens$.subscriptions).toBe('^-----!');
    });
  });

  it('unsubscribes from the tokens without the open chunk', () => {
    scheduler().run(({ cold, expectObservable, expectSubscriptions }) => {
      const tokens$ = cold('  a-b-c-d-|', tokens);
      expectObservable(codeOf(tokens$), '^----!').toBe('--x---', chunks);
      expectSubscriptions(tokens$.subscriptions).toBe('^----!');
    });
    scheduler().run(({ cold, expectObservable, expectSubscriptions }) => {
      const tokens$ = cold('  a-b-c-d-|', tokens);
      expectObservable(codeOf(tokens$).pipe(take(1))).toBe('--(x|)', chunks);
      expectSubscriptions(tokens$.subscriptions).toBe('^-!');
    });
  });

  it('starts anew for each subscription', () => {
    scheduler().run(({ cold, expectObservable }) => {
      const code$ = codeOf(cold('a-b-|', tokens));
      expectObservable(code$).toBe('--x-|', chunks);
      expectObservable(code$, '-^').toBe('---x-|', chunks);
    });
  });

  it.each([
    ['the last token', undefined, 4],
    ['the clock', () => 9, 9],
  ])('dates the chunk that completion closes by %s', (_, clock, atMs) => {
    const seen: number[] = [];
    of(tokens.a, tokens.b, tokens.c)
      .pipe(
        map((token) => token ?? { text: '', atMs: 0 }),
        segment(clock),
        map((chunk) => chunk.atMs),
        toArray(),
      )
      .subscribe((times) => seen.push(...times));
    expect(seen).toEqual([2, atMs]);
  });
});
