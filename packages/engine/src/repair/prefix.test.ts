import { from, lastValueFrom, toArray } from 'rxjs';
import { expect, test } from 'vitest';
import { commentedOut, comparedWith } from './prefix.js';

const ran = ['import math\n', 'x = 1\n', 'def f():\n    return x\n'];
const inPieces = (text: string, length: number) =>
  from(
    (text.match(new RegExp(`[\\s\\S]{1,${length}}`, 'g')) ?? []).map((piece) => ({ text: piece, atMs: 0 })),
  );

test.each([
  ['all of them, and more', `${ran.join('')}print(f())\n`, { isSame: true, statements: 3 }],
  [
    'all of them, with comments and blank lines',
    `# a\nimport math\n\nx = 1\n# b\n${ran[2]}f()\n`,
    { isSame: true },
  ],
  ['all of them, with other line breaks', ran.join('').replaceAll('\n', '\r\n'), { isSame: true }],
  ['one that is another', 'import math\nx = 2\n', { isSame: false, statements: 1, line: 2 }],
  ['one more at the start', `import os\n${ran.join('')}`, { isSame: false, statements: 0, line: 1 }],
  ['some of them', 'import math\nx = 1\n', { isSame: false, statements: 2 }],
  ['nothing', '', { isSame: false, statements: 0 }],
])('a program that begins with %s', async (_title, program, expected) => {
  for (const length of [1, 7, 1000]) {
    expect(await lastValueFrom(inPieces(program, length).pipe(comparedWith(ran)))).toMatchObject(expected);
  }
});

test.each([
  ['a\nb\nc\n', 2, '# a\nb\nc\n'],
  ['def f():\n\n    pass\nx\n', 19, '# def f():\n\n#     pass\nx\n'],
  ['a\r\nb\r\nc', 6, '# a\r\n# b\r\nc'],
  ['a\rb\rc', 4, '# a\r# b\rc'],
  ['s = """\n# no\n"""\nx', 17, '# s = """\n# # no\n# """\nx'],
  ['a\n', 0, 'a\n'],
])('of %j the first %i characters become comments', async (program, to, expected) => {
  for (const length of [1, 2, 1000]) {
    const tokens = await lastValueFrom(inPieces(program, length).pipe(commentedOut(to), toArray()));
    expect(tokens.map(({ text }) => text).join('')).toBe(expected);
  }
});
