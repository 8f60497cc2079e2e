import { expect, test } from 'vitest';
import { splitWords } from './split-words.js';

test.each([
  ['', []],
  ['  ', []],
  ['python -m x', ['python', '-m', 'x']],
  [' a \t b\n', ['a', 'b']],
  [`'a b' "c d"`, ['a b', 'c d']],
  [`a'b c'd"e f"`, ['ab cde f']],
  [`'' ""`, ['', '']],
  [String.raw`a\ b \'`, ['a b', "'"]],
  [String.raw`"a\"b\\c\d"`, [String.raw`a"b\c\d`]],
  [String.raw`'a\'`, [String.raw`a\ `.trim()]],
  ['-v {folder}:{folder}', ['-v', '{folder}:{folder}']],
  ["it's", undefined],
  ['"open', undefined],
  ['end\\', undefined],
])('%j', (text, words) => {
  expect(splitWords(text)).toEqual(words);
});
