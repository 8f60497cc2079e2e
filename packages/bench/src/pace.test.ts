import { describe, expect, test } from 'vitest';
import { paced, tokensOf } from './pace.js';
import type { Pace } from './profiles.js';

const TEXT = 'def f(x):\n    return x + 1\n\nprint(f(41))\n';
const STEADY: Pace = {
  name: 's',
  label: 's',
  ttftMs: 300,
  tokensPerSecond: 100,
  jitter: 0,
  tokensPerChunk: 1,
};

describe('tokens', () => {
  test.each([TEXT, '', 'print("naïve 🙂 日本語 🏳️‍🌈")\n', '\n\n    \t x'])(
    'of %j are its text in pieces',
    (text) => {
      const tokens = tokensOf(text);
      expect(tokens.join('')).toBe(text);
      expect(tokens).not.toContain('');
      expect(tokens.join('')).not.toContain('\uFFFD');
    },
  );
});

describe('a paced text', () => {
  test('begins after the time to the first token and goes on at the rate', () => {
    const chunks = paced(TEXT, STEADY, 1);
    expect(chunks.map(({ text }) => text)).toEqual(tokensOf(TEXT));
    expect(chunks.slice(0, 3).map(({ atMs }) => atMs)).toEqual([300, 310, 320]);
  });

  test('comes in lumps that keep the rate', () => {
    const chunks = paced(TEXT, { ...STEADY, tokensPerChunk: 4 }, 1);
    expect(chunks.map(({ text }) => text).join('')).toBe(TEXT);
    expect(chunks).toHaveLength(Math.ceil(tokensOf(TEXT).length / 4));
    expect(chunks[1]?.atMs).toBe(340);
  });

  test('has the same times for the same seed, and others for another', () => {
    const uneven = { ...STEADY, jitter: 0.5 };
    expect(paced(TEXT, uneven, 7)).toEqual(paced(TEXT, uneven, 7));
    expect(paced(TEXT, uneven, 8)).not.toEqual(paced(TEXT, uneven, 7));
  });

  test('never goes back, however uneven it is', () => {
    const times = paced(TEXT.repeat(20), { ...STEADY, jitter: 1 }, 3).map(({ atMs }) => atMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });
});
