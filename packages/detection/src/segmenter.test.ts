import { parser } from '@lezer/python';
import { describe, expect, it, vi } from 'vitest';
import { Segmenter } from './segmenter.js';
import { nodesOf } from './syntax.fixture.js';

describe('Segmenter suspects', () => {
  /** Each line is a piece; `⚠` ends those after which the open statement, or a chunk, is suspected. */
  it.each([
    ['an error, from its line or the next one on', 'def f():\n    x = 1\n    y = = 2⚠\n    z = 3⚠\n'],
    ['a missing colon', 'def f():\n    if x⚠\n        y⚠\n        z⚠\n'],
    ['an unclosed string', 'x = [\n  "a,⚠\n  1,⚠\n'],
    ['an indentation that fits no block', 'if x:\n    if y:\n        z\n      w⚠\n'],
    ['an indentation that opens no block', 'if x:\n    y\n      z⚠\n'],
    ['a block that is missing', 'if x:\n    if y:\n    z⚠\n'],
    ['a complete statement', 'x = 1\nx = = 1⚠\ny = 2\n'],
    ['not what is not complete', 'x = [1,\n  2,\n  (3 +\n\n    4)\n]\nif x:\n  y\nelse:\n  z\n'],
    ['not a string that is not complete', 'x = """\n  if\n y = = 2\n"""\n'],
    ['not comments and blank lines', 'def f():\n# no\n\n    x\n  # at all\n    y\n'],
    ['not lines that are joined', 'if x and \\\n  y:\n    z = 1 + \\\n  2\n    w\n'],
  ])('%s', (_, marked) => {
    const segmenter = new Segmenter();
    const lines = marked.replaceAll('⚠', '').split(/(?<=\n)/);
    const seen = lines.map((line) => {
      segmenter.feed(line, 0);
      return segmenter.suspects.length > 0 ? line.replace('\n', '⚠\n') : line;
    });
    expect(seen.join('')).toBe(marked);
  });

  it('an open statement as far as its lines are complete, under the id of the chunk that it becomes', () => {
    const segmenter = new Segmenter();
    segmenter.feed('a = 1\n# b\ndef f():\n  b = = 1\n  c', 5);
    const statement = { id: 1, leading: '# b\n', code: 'def f():\n  b = = 1\n', from: 10, to: 29, line: 3 };
    expect(segmenter.suspects).toMatchObject([{ ...statement, kind: 'compound', closedBy: 'end', atMs: 5 }]);
    segmenter.feed(' = 2', 6);
    expect(segmenter.suspects).toEqual([]);
  });

  it('a long statement that only looks like an error at a cost that is linear in its length', () => {
    const segmenter = new Segmenter();
    const lines = ['def f():\n', '    yield\n', '    print = 1\n', ...Array(2000).fill('    x = 1\n')];
    let read = 0;
    for (const line of lines) {
      segmenter.feed(line, 0);
      for (const { code } of segmenter.suspects) read += code.length;
    }
    expect(read).toBeGreaterThan(0);
    expect(read).toBeLessThan(18 * lines.join('').length);
  });
});

describe('Segmenter', () => {
  it('says of a chunk where it lies, when it arrived and when it was known to be complete', () => {
    const segmenter = new Segmenter();
    expect(segmenter.feed('# a\nde', 10)).toEqual([]);
    expect(segmenter.feed('f f():\n  pass', 20)).toEqual([]);
    expect(segmenter.feed('\n\n', 30)).toEqual([]);
    expect(segmenter.feed('x', 40)).toMatchObject([
      {
        id: 0,
        leading: '# a\n',
        code: 'def f():\n  pass\n',
        from: 4,
        to: 20,
        line: 2,
        kind: 'compound',
        closedBy: 'dedent',
        arrivedAtMs: 20,
        atMs: 40,
      },
    ]);
    expect(segmenter.feed(' = 1', 50)).toEqual([]);
    expect(segmenter.end(60)).toMatchObject([
      {
        id: 1,
        leading: '\n',
        code: 'x = 1',
        from: 21,
        to: 26,
        line: 5,
        closedBy: 'end',
        arrivedAtMs: 50,
        atMs: 60,
      },
    ]);
  });

  it('gives the chunks of one piece in order', () => {
    const chunks = new Segmenter().feed('a\nb\nif c:\n  d\ne\n', 0);
    expect(chunks.map(({ id, code }) => [id, code])).toEqual([
      [0, 'a\n'],
      [1, 'b\n'],
      [2, 'if c:\n  d\n'],
      [3, 'e\n'],
    ]);
  });

  it('closes a line at its CR only when the next character shows that no LF belongs to it', () => {
    const crlf = new Segmenter();
    expect(crlf.feed('x = 1\r', 0)).toEqual([]);
    expect(crlf.feed('\n', 1)).toMatchObject([{ code: 'x = 1\r\n', arrivedAtMs: 0, atMs: 1 }]);
    const cr = new Segmenter();
    expect(cr.feed('x = 1\r', 0)).toEqual([]);
    expect(cr.feed('y', 1)).toMatchObject([{ code: 'x = 1\r' }]);
    expect(cr.feed('\r', 2)).toEqual([]);
    expect(cr.end(3)).toMatchObject([{ code: 'y\r', line: 2, closedBy: 'newline' }]);
  });

  it('counts UTF-16 code units, also where a piece ends inside of a surrogate pair', () => {
    const segmenter = new Segmenter();
    segmenter.feed('x = "\ud83d', 0);
    expect(segmenter.feed('\ude00"\n', 1)).toMatchObject([{ code: 'x = "😀"\n', from: 0, to: 9 }]);
    expect(segmenter.feed('y\n', 2)).toMatchObject([{ from: 9, to: 11 }]);
  });

  it.each([
    ['simple', 'x = 1\n', 'simple'],
    ['simple with a colon', 'x: int\n', 'simple'],
    ['async def', 'async def f():\n  x\n', 'compound'],
    ['one line', 'class A: pass\n', 'compound'],
    ['one line without a newline', 'if a: b', 'compound'],
    ['decorators', '@a\ndef f(): pass\n', 'compound'],
    ['match', 'match x:\n  case 1: pass\n', 'compound'],
    ['line magic', '%time x\n', 'magic'],
    ['cell magic', '%%bash\nls\n', 'magic'],
    ['shell', '!ls', 'magic'],
  ])('knows the kind of a chunk: %s', (_, program, kind) => {
    const segmenter = new Segmenter();
    expect([...segmenter.feed(program, 0), ...segmenter.end(0)].map((chunk) => chunk.kind)).toEqual([kind]);
  });

  it('gives nothing for an empty program', () => {
    const segmenter = new Segmenter();
    expect(segmenter.feed('', 0)).toEqual([]);
    expect(segmenter.end(0)).toEqual([]);
  });

  it('hands on the tree of the chunk alone', () => {
    const [, second] = new Segmenter().feed('import os\n\n# why\nos.getcwd()\n', 0);
    expect(nodesOf(second?.tree ?? parser.parse(''))).toBe(nodesOf(parser.parse('os.getcwd()\n')));
  });

  it('joins each piece of a long line once', () => {
    const join = vi.spyOn(Array.prototype, 'join');
    const segmenter = new Segmenter();
    segmenter.feed('x = "', 0);
    for (let i = 0; i < 100_000; i++) segmenter.feed('0123456789', 0);
    expect(join).toHaveBeenCalledTimes(0);
    const [chunk] = segmenter.feed('"\n', 0);
    const pieces = join.mock.contexts.reduce((sum: number, array) => sum + (array as unknown[]).length, 0);
    join.mockRestore();
    expect(chunk?.to).toBe(1_000_007);
    expect(pieces).toBeLessThan(100_100);
  });
});
