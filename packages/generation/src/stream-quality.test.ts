import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { paceText } from './from-text.js';
import { describeQuality, streamQuality } from './stream-quality.js';
import type { Token } from './token.js';

const program = 'total = df.groupby("shop")["cups"].sum()\nprint(total)\n'.repeat(40);

/** The tokens as a gateway passes them on that sends what it has every so many milliseconds. */
function collected(tokens: readonly Token[], everyMs: number): Token[] {
  return tokens.map(({ text, atMs }) => ({ text, atMs: Math.ceil(atMs / everyMs) * everyMs }));
}

describe('streamQuality', () => {
  const cases: readonly (readonly [title: string, tokens: readonly Token[], kind: string])[] = [
    ['nothing', [], 'smooth'],
    ['30 tokens a second', paceText(program, { tokensPerSecond: 30, ttftMs: 400 }), 'smooth'],
    ['uneven tokens', paceText(program, { tokensPerSecond: 80, ttftMs: 400, jitter: 1 }), 'smooth'],
    ['3,000 tokens a second', paceText(program, { tokensPerSecond: 3000, ttftMs: 200 }), 'smooth'],
    ['packets of 100 ms', collected(paceText(program, { tokensPerSecond: 100 }), 100), 'smooth'],
    [
      'a gateway that sends once a second',
      collected(paceText(program, { tokensPerSecond: 200 }), 1000),
      'lumpy',
    ],
    ['a gateway that collects all', collected(paceText(program, { tokensPerSecond: 100 }), 60_000), 'whole'],
    ['all of it in one token', [{ text: program, atMs: 9000 }], 'whole'],
    ['a short answer at once', [{ text: 'print(1)\n'.repeat(20), atMs: 900 }], 'smooth'],
    [
      'a text that takes no time at all',
      paceText(program, { tokensPerSecond: Number.POSITIVE_INFINITY }),
      'smooth',
    ],
  ];

  test.each(cases)('judges %s', (_title, tokens, kind) => {
    expect(streamQuality(tokens).kind).toBe(kind);
    expect(describeQuality(streamQuality(tokens)) === undefined).toBe(kind === 'smooth');
  });

  test('says how much was held back, and for how long', () => {
    const tokens = [
      { text: 'a'.repeat(100), atMs: 1000 },
      { text: 'b'.repeat(900), atMs: 3000 },
      { text: 'c'.repeat(1000), atMs: 3010 },
    ];
    expect(streamQuality(tokens)).toEqual({ kind: 'whole', lumps: 1, lumpedShare: 0.95, heldMs: 2000 });
    expect(describeQuality(streamQuality(tokens))).toContain('95 % of its text after 2.0 s of silence');
  });

  test('stays within its bounds for any stream', () => {
    const gaps = fc.array(fc.tuple(fc.nat({ max: 2000 }), fc.nat({ max: 3000 })));
    fc.assert(
      fc.property(gaps, (all) => {
        let atMs = 0;
        const tokens = all.map(([gapMs, length]) => {
          atMs += gapMs;
          return { text: 'x'.repeat(length), atMs };
        });
        const { lumpedShare, heldMs, lumps, kind } = streamQuality(tokens);
        expect(lumpedShare).toBeGreaterThanOrEqual(0);
        expect(lumpedShare).toBeLessThanOrEqual(1);
        expect(heldMs).toBeLessThanOrEqual(atMs);
        expect(lumps === 0).toBe(lumpedShare === 0);
        if (kind !== 'smooth') expect(lumpedShare).toBeGreaterThanOrEqual(0.5);
      }),
    );
  });
});
