import type { PartialParse } from '@lezer/common';
import { parser } from '@lezer/python';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { nodesOf } from './syntax.fixture.js';
import { GrowingParse } from './syntax.js';

afterEach(() => vi.restoreAllMocks());

const repeated = (count: number, line: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i)).join('');

const LARGE = {
  dict: `data = {\n${repeated(2000, (i) => `    "key_${i}": [${i}, "value", (1.5, None)],\n`)}}\n`,
  class: `class A:\n${repeated(500, (i) => `    def f${i}(self):\n        x = self.f(${i})\n        return x\n\n`)}`,
  string: `text = """\n${repeated(2000, (i) => `Line ${i} of a text.\n`)}"""\n`,
};

const ORDINARY = `class Account(Base):
    """What is owed."""

    def __init__(self, name, *, limit=1.5):
        self.name = f"{name!r:>{10}} of {limits["all"]}"
        self.rows = [
            {"a": 1, 'b': (2, None)},

            # none
        ]

    @property
    async def total(self) -> dict[str, int]:
        if not self.rows or \\
                self.limit:
            return lambda x: x
        elif await self.load():
            print("x", r'\\', end="")
        else:
            for row in self.rows:
                yield row
        try:
            with open(self.name) as file: pass
        except (OSError, ValueError) as error:
            raise
        finally:
            match self.rows:
                case [first, *_]:
                    del first
`;

describe('GrowingParse gives the tree of the complete code of', () => {
  it.each(
    Object.entries({
      ...LARGE,
      'nothing but a line': 'x = 1\n',
      'a line without a newline': 'x = 1',
      'an if': 'if a:\n    b\n    c\nelif d:\n    e\nelse:\n    f\n',
      'a block without a newline': 'def f():\n    a\n    b',
      CRLF: 'if a:\r\n    b\r\n\r\n    c\r\n',
      'joined lines': 'x = 1 + \\\n\\\n    2 + \\\n    3\n',
      'blank lines in brackets': 'x = [\n\n\n1,\n\n\n2\n\n]\n',
      'a raw string of joined lines': 'x = r"""\\\n\\\n\\\n"""\n',
      'an error in the middle': 'def f():\n    x = = 1\n    y\n    z\n',
      'an error at the end': 'def f():\n    x\n    y = \n',
      'an unclosed bracket': 'def f():\n    x\n    y(\n',
      'an unclosed string': 'x = """\na\nb\n',
      'a Python 2 program': 'if a:\n    print "x"\n    exec "y" in z\n',
      'nested quotes, which Lezer reads otherwise':
        'def f():\n    x = f"{a["b"]}"\n    y = f"{a[\'"\']}"\n    z\n',
      'bad indentation': 'def f():\n        x\n    y\n  z\n',
      'a shell script': '%%bash\nfor i in 1 2; do\n  echo "$i"\ndone\n',
    }),
  )('%s', (_, code) => {
    const parse = new GrowingParse();
    for (const line of linesOf(code)) parse.append(line);
    const parsed = parse.finish();
    expect(parsed.code).toBe(code);
    expect(nodesOf(parsed.tree)).toBe(nodesOf(parser.parse(code)));
    expect(parsed.tree.length).toBe(code.length);
  });
});

it('GrowingParse gives the tree of the complete code wherever the code is damaged', () => {
  const edits = fc.array(fc.tuple(fc.nat(), fc.nat(3), fc.constantFrom('', ...'()[]{}:"\'\\=@\n ')), {
    maxLength: 4,
  });
  const property = fc.property(edits, fc.nat(ORDINARY.length), (changes, length) => {
    const code = changes.reduce(
      (text, [at, removed, added]) => {
        const from = at % (text.length + 1);
        return text.slice(0, from) + added + text.slice(from + removed);
      },
      ORDINARY.slice(0, length),
    );
    const parse = new GrowingParse();
    for (const line of linesOf(code)) parse.append(line);
    expect(nodesOf(parse.finish().tree)).toBe(nodesOf(parser.parse(code)));
  });
  fc.assert(property, { seed: 1, numRuns: 2000 });
});

describe('GrowingParse does the work while the code arrives:', () => {
  it.each(Object.entries(LARGE))('%s', (_, code) => {
    const counter = countSteps();
    parser.parse(code);
    const atOnce = counter.steps;

    counter.steps = 0;
    const parse = new GrowingParse();
    for (const line of linesOf(code)) parse.append(line);
    const ahead = counter.steps;
    parse.finish();
    const total = counter.steps;

    expect(ahead).toBeGreaterThan(0.99 * atOnce);
    expect(total).toBeLessThan(1.01 * atOnce + 10);
  });

  it('starts over only where an error of the program reaches the end of the chunk', () => {
    const createParse = vi.spyOn(parser, 'createParse');
    const parse = new GrowingParse();
    for (const line of linesOf('def f():\n    x\n    y(\n')) parse.append(line);
    parse.finish();
    expect(createParse).toHaveBeenCalledTimes(2);
  });
});

/** Counts the steps of every parse that begins from now on. */
function countSteps(): { steps: number } {
  const counter = { steps: 0 };
  const createParse = parser.createParse.bind(parser);
  vi.spyOn(parser, 'createParse').mockImplementation((...args) => {
    const parse: PartialParse = createParse(...args);
    const advance = parse.advance.bind(parse);
    parse.advance = () => {
      counter.steps++;
      return advance();
    };
    return parse;
  });
  return counter;
}

function linesOf(code: string): string[] {
  return code.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}
