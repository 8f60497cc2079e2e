import { Parser } from 'commonmark';
import fc from 'fast-check';
import {
  concatAll,
  concatMap,
  delay,
  from,
  lastValueFrom,
  map,
  mergeMap,
  type Observable,
  of,
  take,
  toArray,
} from 'rxjs';
import { describe, expect, test } from 'vitest';
import { CodeFenceReader, codeBlocks, codeFences, type MarkdownPiece } from './code-fences.js';
import type { Token } from './token.js';

type Case = readonly [title: string, markdown: readonly string[], code: readonly string[]];

/** Lines of markdown, and the lines of the Python in it. */
const cases: readonly Case[] = [
  ['nothing', [], []],
  ['prose only', ['Just `words`.', ''], []],
  ['one block', ['Here:', '', '```python', 'x = 1', 'x', '```', 'Done.'], ['x = 1', 'x', '']],
  ['a fence without info', ['```', 'x = 1', '```'], ['x = 1', '']],
  ['a fence right under a paragraph', ['Here:', '```py', 'x', '```'], ['x', '']],
  ['tildes', ['~~~python', 'x = """', '```', '"""', '~~~'], ['x = """', '```', '"""', '']],
  ['a longer fence around a shorter', ['````python', '```', 'x', '````'], ['```', 'x', '']],
  ['a closing fence that is longer', ['```python', 'x', '`````', 'no'], ['x', '']],
  ['a closing fence that is too short', ['````python', '```', 'x'], ['```', 'x']],
  ['a closing fence with white space behind', ['```python', 'x', '```  \t', 'no'], ['x', '']],
  ['a closing fence with text behind is code', ['```python', '``` x', '```'], ['``` x', '']],
  ['a closing fence of the other character', ['```python', '~~~', '```'], ['~~~', '']],
  ['backticks in the info of backticks', ['```python`', 'no', ''], []],
  ['a fence with its end on the same line', ['``` x = 1 ```', 'no'], []],
  ['an indented fence', ['  ```python', '  if x:', '      y', ' z', '  ```'], ['if x:', '    y', 'z', '']],
  ['an indented closing fence', ['```python', 'x', '   ```', 'no'], ['x', '']],
  ['a closing fence indented by four', ['```python', '    ```', '```'], ['    ```', '']],
  ['a fence indented by four', ['    ```python', '    no', '    ```'], []],
  ['an unclosed fence', ['```python', 'x = 1', 'x'], ['x = 1', 'x']],
  ['an unclosed fence that ends in spaces', ['```python', 'x = 1', '  '], ['x = 1', '  ']],
  ['an empty block', ['```python', '```'], []],
  ['blank lines', ['```python', '', 'x', '', '```'], ['', 'x', '', '']],
  ['two blocks', ['```python', 'x = 1', '```', 'and', '```python', 'x', '```'], ['x = 1', 'x', '']],
  ['other languages', ['```bash', 'ls', '```', '```json', '{}', '```', '```python', 'x', '```'], ['x', '']],
  ['a heading and a rule', ['# A', '```python', 'x', '```', '---', '~~~', 'y', '~~~'], ['x', 'y', '']],
  [
    'in a list item',
    ['1. Do', '', '   ```python', '   if x:', '       y', '', '   z', '   ```', '2. No'],
    ['if x:', '    y', '', 'z', ''],
  ],
  ['on the line of the list marker', ['- ```python', '  x', '  ```'], ['x', '']],
  ['in a nested list item', ['- a', '  - b', '', '    ```python', '    x', '    ```'], ['x', '']],
  ['a list item that ends closes the fence', ['- ```python', '  x', 'no'], ['x', '']],
  ['in a list item with a tab', ['-\t```python', '\tx', '\t\ty', '\t```'], ['x', '\ty', '']],
  ['a tab that belongs to a list item in part', ['- ```python', '\tx', '  ```'], ['  x', '']],
  ['a lazy line keeps the list item open', ['- a', 'b', '  ```python', '  x', 'no'], ['x', '']],
  ['indented too far for a list item', ['- a', '', '      ```python', '      no'], []],
  ['an ordered list that interrupts nothing', ['a', '2. ```python', '   no'], []],
  ['an item that begins with two blank lines', ['-', '', '  ```python', 'x'], ['x']],
  ['in a block quote', ['> ```python', '> x', '>   y', '>', '> ```'], ['x', '  y', '', '']],
  ['a block quote that ends closes the fence', ['> ```python', '> x', 'no'], ['x', '']],
  ['no-break spaces are no indentation', ['\u00a0```python', 'no'], []],
  ['a paragraph goes on under four spaces', ['a', '    ```python', 'no'], []],
];

const infos: readonly (readonly [info: string, isPython: boolean])[] = [
  ['', true],
  ['python', true],
  ['Python', true],
  [' py ', true],
  ['python3', true],
  ['ipython', true],
  ['python title="a.py"', true],
  ['python:a.py', true],
  ['{python}', true],
  ['{.python .numberLines}', true],
  ['{r}', false],
  ['{.numberLines}', false],
  ['pycon', false],
  ['python-repl', false],
  ['text', false],
  ['output', false],
  ['c++', false],
  ['title="a.py"', false],
];

describe('codeFences', () => {
  test.each(cases)('%s', (_title, markdown, code) => {
    expect(readAll([markdown.join('\n')])).toBe(code.join('\n'));
  });

  test.each(infos)('info string %j: %j', (info, runs) => {
    expect(readAll([`~~~${info}\nx\n~~~\n`])).toBe(runs ? 'x\n' : '');
  });

  test.each(['\r\n', '\r'])('line ending %j', (ending) => {
    for (const [, markdown, code] of cases) expect(readAll([markdown.join(ending)])).toBe(code.join(ending));
  });

  test('agrees with the reference implementation of CommonMark', () => {
    // White space alone on a line within a list item is nothing to commonmark.js; to us and to cmark it is indentation.
    const trimBlankLines = (code: string) => code.replace(/^[ \t]+$/gm, '');
    const check = (markdown: string) => {
      expect(trimBlankLines(readAll([markdown]))).toBe(trimBlankLines(referenceCode(markdown)));
    };
    for (const [, lines] of cases) check(`${lines.join('\n')}\n`);
    fc.assert(fc.property(markdownArbitrary, check), { numRuns: 5000 });
  });

  test('does not depend on how the text is cut', () => {
    const text = fc.oneof(
      markdownArbitrary,
      fc.constantFrom(...cases.map(([, markdown]) => markdown.join('\r\n'))),
    );
    fc.assert(
      fc.property(
        text,
        cutsArbitrary,
        fc.constantFrom('prose' as const, 'code' as const),
        (markdown, cuts, unfenced) => {
          const whole = joinPieces([markdown], unfenced);
          expect(joinPieces(cutText(markdown, cuts), unfenced)).toEqual(whole);
          expect(joinPieces(markdown.split(''), unfenced)).toEqual(whole);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('releases code as soon as it can be no part of a closing fence', () => {
    const steps: readonly (readonly [token: string, code: string])[] = [
      ['```py', ''],
      ['thon\nimp', 'imp'],
      ['ort os', 'ort os'],
      ['\n', '\n'],
      ['   ', ''],
      [' ', '    '],
      ['x', 'x'],
      ['\n\n', '\n\n'],
      ['``', ''],
      ['x', '``x'],
      ['`', '`'],
      ['\n```', '\n'],
      [' ', ''],
      ['#', '``` #'],
      ['\ud83d', '\ud83d'],
      ['\udc0d\n', '\udc0d\n'],
      ['```', ''],
      ['\nBye', ''],
    ];
    const reader = new CodeFenceReader();
    for (const [token, code] of steps) expect(codeOf(reader.feed(token)), JSON.stringify(token)).toBe(code);
    expect(reader.end()).toEqual([]);
  });

  test('tells prose from code, and joined they are the text', () => {
    const markdown = 'Hi\n```python\nx\n```\nand\n```sh\nls\n```\n~~~\ny\n~~~\nBye';
    const pieces = joinPieces([markdown]);
    expect(pieces).toEqual([
      { kind: 'prose', text: 'Hi\n```python\n', block: -1 },
      { kind: 'code', text: 'x\n', block: 0 },
      { kind: 'prose', text: '```\nand\n```sh\nls\n```\n~~~\n', block: 0 },
      { kind: 'code', text: 'y\n', block: 1 },
      { kind: 'prose', text: '~~~\nBye', block: 1 },
    ]);
  });

  test.each([
    ['x = 1\nprint(x)', 'x = 1\nprint(x)'],
    ['Hi\n```python\nx\n```\n', 'x\n'],
    ['Hi\n```sh\nls\n```\n', ''],
    ['', ''],
  ])('takes %j for code when it has no fence and the caller says so', (text, code) => {
    expect(codeOf(joinPieces([text], 'code'))).toBe(code);
  });

  test('keeps the time of the token that releases the code', async () => {
    const tokens = ['```py\n', 'x = ', '1\n', '``', '`\n'].map((text, index) => ({ text, atMs: index * 10 }));
    expect(await lastValueFrom(from(tokens).pipe(codeFences(), toArray()))).toEqual([
      { text: 'x = ', atMs: 10 },
      { text: '1\n', atMs: 20 },
      { text: '', atMs: 40 }, // when the answer ended
    ]);
  });

  test('keeps no state between two subscriptions', async () => {
    const code$ = of<Token>({ text: '```\nx', atMs: 1 }).pipe(codeFences(), toArray());
    expect(await lastValueFrom(code$)).toEqual(await lastValueFrom(code$));
  });
});

describe('codeBlocks', () => {
  const markdown = 'Hi\n```python\na\nb\n```\nthen\n~~~py\nc\n~~~\n```\n```\nBye\n';
  const tokens$ = from(markdown.split('').map((text, atMs): Token => ({ text, atMs })));
  const textOf = mergeMap((block$: Observable<Token>) =>
    block$.pipe(
      toArray(),
      map((tokens) => tokens.map(({ text }) => text).join('')),
    ),
  );

  test('gives each block as an observable that completes with it', async () => {
    expect(await lastValueFrom(tokens$.pipe(codeBlocks(), textOf, toArray()))).toEqual(['a\nb\n', 'c\n']);
  });

  test('serves blocks that are subscribed late', async () => {
    const slow = concatMap((block$: Observable<Token>) => of(block$).pipe(delay(1), textOf));
    expect(await lastValueFrom(tokens$.pipe(codeBlocks(), slow, toArray()))).toEqual(['a\nb\n', 'c\n']);
  });

  test('goes on with a block after the list of blocks was unsubscribed', async () => {
    const first$ = tokens$.pipe(codeBlocks(), take(1), concatAll(), toArray());
    expect((await lastValueFrom(first$)).map(({ text }) => text).join('')).toBe('a\nb\n');
  });
});

function readAll(tokens: readonly string[]): string {
  return codeOf(joinPieces(tokens));
}

function codeOf(pieces: readonly MarkdownPiece[]): string {
  return pieces.map(({ kind, text }) => (kind === 'code' ? text : '')).join('');
}

/** All pieces of the tokens, neighbours of one kind and block joined. */
function joinPieces(tokens: readonly string[], unfenced: 'prose' | 'code' = 'prose'): MarkdownPiece[] {
  const reader = new CodeFenceReader({ unfenced });
  const pieces = [...tokens.flatMap((token) => reader.feed(token)), ...reader.end()];
  const joined: MarkdownPiece[] = [];
  for (const piece of pieces) {
    const last = joined.at(-1);
    if (last?.kind === piece.kind && last.block === piece.block) {
      joined[joined.length - 1] = { ...piece, text: last.text + piece.text };
    } else joined.push(piece);
  }
  return joined;
}

const cutsArbitrary = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 });

function cutText(text: string, lengths: readonly number[]): string[] {
  const tokens: string[] = [];
  for (let from = 0, index = 0; from < text.length; index++) {
    const to = from + (lengths[index % lengths.length] ?? 1);
    tokens.push(text.slice(from, to));
    from = to;
  }
  return tokens;
}

/** Lines that make fences, containers and paragraphs meet in every way. */
const prefixes = [
  '',
  ' ',
  '  ',
  '   ',
  '    ',
  '\t',
  '>',
  '> ',
  '-',
  '- ',
  '* ',
  '1. ',
  '2) ',
  '-     ',
  '-\t',
];
const contents = [
  '',
  ' ',
  'x = 1',
  '  y',
  'é🐍',
  '# h',
  '---',
  '===',
  '```',
  '```py',
  '```python',
  '````',
  '``',
  '``` x',
];
const moreContents = ['~~~', '~~~py', '~~~~ ', '```sh', '```a`', '1234567890. x', '+', '* * *'];
const markdownArbitrary = fc
  .array(
    fc.tuple(
      fc.array(fc.constantFrom(...prefixes), { maxLength: 3 }),
      fc.constantFrom(...contents, ...moreContents),
    ),
    { maxLength: 14 },
  )
  .map((lines) => lines.map(([prefix, content]) => `${prefix.join('')}${content}\n`).join(''));

/** The Python in a markdown text according to CommonMark's reference implementation. */
function referenceCode(markdown: string): string {
  let code = '';
  const walker = new Parser().parse(markdown).walker();
  for (let event = walker.next(); event !== null; event = walker.next()) {
    const { type, info, literal } = event.node;
    // Only fenced code has an info, be it empty.
    if (type === 'code_block' && info !== null && ['', 'python', 'py'].includes(info)) code += literal ?? '';
  }
  return code;
}
