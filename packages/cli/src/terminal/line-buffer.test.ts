import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LineBuffer } from './line-buffer.js';

describe('LineBuffer', () => {
  test.each([
    ['lines', ['a\nb\n'], ['a', 'b'], ''],
    ['a line that is still open', ['a\nb'], ['a'], 'b'],
    ['Windows line ends', ['a\r\nb\r\n'], ['a', 'b'], ''],
    ['a Windows line end over two texts', ['a\r', '\nb'], ['a'], 'b'],
    ['a progress bar', ['\r10%', '\r50%', '\r100%\n'], ['100%'], ''],
    ['a progress bar that is cleared', ['\rlong text', '\r         ', '\r', 'ok\n'], ['ok       '], ''],
    ['a shorter text over a longer one', ['12345\rab'], [], 'ab345'],
    ['colour over colour', ['\x1b[31m50%\x1b[0m\r\x1b[32m9%'], [], '\x1b[32m9%'],
    ['backspaces', ['abc\b\bX'], [], 'aXc'],
    ['more backspaces than characters', ['a\b\b\bX'], [], 'X'],
    ['\\r alone keeps the line', ['abc\r'], [], 'abc'],
    ['empty lines', ['\n\n'], ['', ''], ''],
  ])('%s', (_, texts, completed, open) => {
    const buffer = new LineBuffer();
    expect(texts.flatMap((text) => buffer.feed(text))).toEqual(completed);
    expect(buffer.line).toBe(open);
  });

  test('does not depend on how the text is cut', () => {
    const text = fc.array(fc.constantFrom('a', 'b', '\r', '\n', '\b'), { maxLength: 40 });
    fc.assert(
      fc.property(text, (characters) => {
        const whole = new LineBuffer();
        const pieces = new LineBuffer();
        const lines = whole.feed(characters.join(''));
        expect(characters.flatMap((character) => pieces.feed(character))).toEqual(lines);
        expect(pieces.end()).toEqual(whole.end());
      }),
    );
  });
});
