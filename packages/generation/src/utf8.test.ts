import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Utf8Decoder } from './utf8.js';

describe('Utf8Decoder', () => {
  test('decodes any text however its bytes are cut', () => {
    const lengths = fc
      .array(fc.integer({ min: 0, max: 5 }), { minLength: 1 })
      .filter((all) => all.some((length) => length > 0));
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', '\n', 'é', '€', '🐍', '\ufeff', '\uffff') }),
        lengths,
        (text, cuts) => {
          const bytes = new TextEncoder().encode(text);
          const decoder = new Utf8Decoder();
          let decoded = '';
          for (let from = 0, index = 0; from < bytes.length; index++) {
            const to = from + (cuts[index % cuts.length] ?? 1);
            decoded += decoder.decode(bytes.subarray(from, to));
            from = to;
          }
          decoder.end();
          expect(decoded).toBe(text);
        },
      ),
    );
  });

  test('releases a character with its last byte', () => {
    const decoder = new Utf8Decoder();
    expect([...new TextEncoder().encode('a€🐍')].map((byte) => decoder.decode(Uint8Array.of(byte)))).toEqual([
      'a',
      '',
      '',
      '€',
      '',
      '',
      '',
      '🐍',
    ]);
  });

  test.each([
    ['a stray continuation byte', [[0x61, 0x80]], 1],
    ['a byte that UTF-8 never uses', [[0x61], [0x62, 0xff, 0x61]], 2],
    ['Latin-1', [[0x61, 0xe9, 0x61]], 2],
    ['an overlong form over two pieces', [[0x61, 0xc0], [0x80]], 1],
    ['a surrogate', [[0xed, 0xa0, 0x80]], 1],
    [
      'a character cut by another',
      [
        [0xf0, 0x9f],
        [0x90, 0x61],
      ],
      3,
    ],
    ['UTF-16', [[0xff, 0xfe, 0x61, 0x00]], 0],
  ])('names the offset of %s', (_title, pieces, byteOffset) => {
    const decoder = new Utf8Decoder();
    const decode = () => pieces.map((piece) => decoder.decode(Uint8Array.from(piece)));
    expect(decode).toThrow(expect.objectContaining({ name: 'InvalidUtf8Error', byteOffset }));
  });

  test('refuses an end inside a character', () => {
    const decoder = new Utf8Decoder();
    decoder.decode(Uint8Array.of(0x61, 0xe2, 0x82));
    expect(() => decoder.end()).toThrow('Invalid UTF-8 at byte offset 1: the input ends inside a character.');
  });
});
