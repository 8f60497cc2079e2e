import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { splitTokens } from './split.js';

describe('splitTokens', () => {
  test.each([
    ['', []],
    ['x = 10\n', ['x', ' =', ' 10', '\n']],
    ['import pandas as pd\n', ['import', ' pandas', ' as', ' pd', '\n']],
    ['df.groupby("shop")["cups"]', ['df', '.groupby', '("', 'shop', '")["', 'cups', '"]']],
    ['total_cups += 12345', ['total', '_cups', ' +=', ' 123', '45']],
    ['if x:\n    y\n\n\tz', ['if', ' x', ':', '\n    ', 'y', '\n\n\t', 'z']],
    ['a   b', ['a', '  ', ' b']],
    ['a  # b', ['a', ' ', ' #', ' b']],
    ['a  \r\n', ['a', '  ', '\r\n']],
    ['naïve 🐍 été', ['naïve', ' 🐍', ' été']],
  ])('splits %j', (text, tokens) => {
    expect(splitTokens(text)).toEqual(tokens);
  });

  test('loses nothing of any text, lone surrogates included, and gives no empty token', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: fc.constantFrom('a', ' ', '\n', '\r', '\t', '.', '1', '\ud83d') }),
        (any, code) => {
          for (const text of [any, code]) {
            expect(splitTokens(text).join('')).toBe(text);
            expect(splitTokens(text)).not.toContain('');
          }
        },
      ),
    );
  });
});
