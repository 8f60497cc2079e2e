import { describe, expect, test } from 'vitest';
import { toRow, truncate, widthOf } from './text.js';

describe('truncate', () => {
  test.each([
    ['fits', 'total = 1', 9, 'total = 1'],
    ['is too long', 'total = 12', 9, 'total = …'],
    ['has wide characters', 'x温度温度', 6, 'x温度…'],
    ['has a wide character that would have to be cut in half', '温度温度', 6, '温度…'],
    ['has an emoji of several code points', '👩‍🔬👩‍🔬👩‍🔬', 5, '👩‍🔬👩‍🔬…'],
    ['gets no room', 'x', 0, ''],
  ])('a line that %s', (_, line, columns, expected) => {
    expect(truncate(line, columns)).toBe(expected);
    expect(widthOf(truncate(line, columns))).toBeLessThanOrEqual(columns);
  });

  test('closes the colours that it cuts into', () => {
    expect(truncate('\x1b[31mred and more\x1b[39m', 4)).toBe('\x1b[31mred…\x1b[39m');
  });
});

describe('toRow', () => {
  test.each([
    ['tabs go to the next stop', 'a\tbc\td', 'a       bc      d'],
    ['a tab after a wide character', '温\tx', '温      x'],
    ['colours stay, and end with the row', '\x1b[1;31mred', '\x1b[1;31mred\x1b[0m'],
    ['cursor movement goes', 'a\x1b[2Ab\x1b[Kc\x1b[?25ld', 'abcd'],
    ['a window title goes', '\x1b]0;title\x07text', 'text'],
    ['of a link the text stays', '\x1b]8;;http://x\x1b\\text\x1b]8;;\x1b\\', 'text'],
    ['a saved cursor and a reset go', '\x1b7a\x1b8b\x1bcd', 'abd'],
    ['control characters go', 'a\x07b\x00c\x9bd', 'abcd'],
  ])('%s', (_, line, expected) => {
    expect(toRow(line)).toBe(expected);
  });
});
