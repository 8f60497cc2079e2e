/**
 * Generated programs, judged by CPython: a chunk that was given out must be a statement of the program whatever
 * follows it. EAGER_PYTHON names the Python; by default `python3`. What its grammar rejects is left out.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judge } from '../python/cpython.js';
import type { Chunk } from './chunk.js';
import { Segmenter } from './segmenter.js';

const SEED = 20_250_101;

describe('generated programs', { timeout: 120_000 }, () => {
  it('are cut into the statements that CPython finds', async () => {
    const questions = fc
      .sample(fc.tuple(program, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 5 })), {
        numRuns: 4000,
        seed: SEED,
      })
      .map(([text, lengths]) => {
        const chunks = segmented(pieces(text, lengths));
        return { program: text, chunks: chunks.map(({ code }) => code) };
      });
    const verdicts = await judge(questions);
    const wrong = questions.filter((_, i) => verdicts[i]?.valid && !verdicts[i].equal);
    expect(wrong).toEqual([]);
    expect(verdicts.filter(({ valid }) => valid).length).toBeGreaterThan(2000);
  });
});

describe('a chunk that was given out', { timeout: 120_000 }, async () => {
  const questions = fc
    .sample(program, { numRuns: 400, seed: SEED })
    .map((text) => ({ program: text.replace(/\r\n?/g, '\n'), chunks: [] }));
  const verdicts = await judge(questions);
  const points = questions.flatMap((question, i) => (verdicts[i]?.valid ? emissions(question.program) : []));

  it('stays a statement of the program whatever follows', async () => {
    const questions = points.flatMap(({ before, last, emitted }) =>
      HOSTILE.map((suffix) => ({ program: before + last + suffix, chunks: emitted })),
    );
    const verdicts = await judge(questions);
    expect(questions.filter((_, i) => verdicts[i]?.valid && !verdicts[i].begins)).toEqual([]);
    expect(verdicts.filter(({ valid }) => valid).length).toBeGreaterThan(2000);
  });

  it('could not have been given out a character earlier', async () => {
    const questions = points.flatMap(({ before, emitted }) =>
      HOSTILE.map((suffix) => ({ program: before + suffix, chunks: emitted })),
    );
    const verdicts = await judge(questions);
    const safe = points.filter(
      (_, point) =>
        !verdicts
          .slice(point * HOSTILE.length, (point + 1) * HOSTILE.length)
          .some(({ valid, begins }) => valid && !begins),
    );
    const unexplained = safe.filter(({ before }) => !/[#;].*$/.test(before));
    console.log(
      `${points.length - safe.length} of ${points.length} chunks could have changed a character before`,
    );
    // Nothing can change a statement after its comment or its `;`, and a few are beyond the suffixes tried here.
    expect(points.length).toBeGreaterThan(200);
    expect(unexplained.length).toBeLessThan(0.02 * points.length);
  });
});

/** What may follow a program that was cut off anywhere, chosen to change the statement it was cut off in. */
const HOSTILE = [
  '\n',
  ...['0', '_', 'x', '.x', '(x)', '[0]', ' + x', ', x', ' = x', ': x', ' if x else y', ' for x in y', '; x'],
  ...['"x"', '"""x"""', "'x'", '\\\n + x', ' # x'],
  ...['  x', '    x', '\tx', '      x', '  # x\n  x', '\n  x', '\n    x', '\n\tx', '\n\n    x', '\\\n    x'],
  ...['else: x', 'elif x: y', 'except: x', 'except E: x', 'finally: x', '  case 2: x', '  \tx'],
  ...['lse: x', 'lif x: y', 'xcept: x', 'inally: x', 'se: x', '\nelse: x', '\nfinally: x', '\nexcept: x'],
  ...['def f(): x', 'class A: x', '\ndef f():\n    x', '@x\ndef f(): x', 'elsewhere', '(x)', '# x\nelse: x'],
].map((suffix) => `${suffix}\n`);

interface Emission {
  /** The program up to the character that closed the chunk, and that character. */
  readonly before: string;
  readonly last: string;
  /** The code of the chunks up to this one. */
  readonly emitted: readonly string[];
}

function emissions(text: string): Emission[] {
  const segmenter = new Segmenter();
  const emitted: string[] = [];
  return [...text].flatMap((last, at, characters) => {
    const chunks = segmenter.feed(last, 0);
    emitted.push(...chunks.map(({ code }) => code));
    const before = characters.slice(0, at).join('');
    return chunks.length > 0 ? [{ before, last, emitted: [...emitted] }] : [];
  });
}

function pieces(text: string, lengths: readonly number[]): string[] {
  const found: string[] = [];
  for (let from = 0, i = 0; from < text.length; i++) {
    const to = from + (lengths[i % lengths.length] ?? 1);
    found.push(text.slice(from, to));
    from = to;
  }
  return found;
}

function segmented(texts: readonly string[]): Chunk[] {
  const segmenter = new Segmenter();
  return [...texts.flatMap((text) => segmenter.feed(text, 0)), ...segmenter.end(0)];
}

/** A grammar of programs that are mostly valid, rich in what ends or seems to end a statement. */
const EXPRESSIONS = [
  ...[
    'x',
    '1',
    '1.',
    '0x1f',
    'not x',
    '(yield_)',
    'match',
    'case',
    'type',
    'else_',
    'é',
    '(a := 1)',
    'x[1:2]',
  ],
  ...['"a"', "'b'", '""', "'\\''", '"\\\\"', 'rb"x"', 'r"\\""', '"\\\n"', 'b"""\\\n"""', 'u"#"', '"(" "["'],
  ...[
    '"""a\nelse:\nb"""',
    "'''\n\n'''",
    '"""\\""""',
    '(1,\n2)',
    '[1,\n\n# c\n2]',
    '{1:\n2}',
    'x(\n)',
    'x \\\n + 1',
  ],
  ...['lambda: 0', 'lambda x: x', 'x if y else z', '{"a": {"b": [1]}}', '[x for x in y if z]', '-x @ y'],
  ...['f"{x}"', 'f"{x!r:>{w}}"', 'f"{{"', 'f"}}{y}"', 'f"""{\nx}"""', 'f"""{x:\n}"""', 'f"{x:{y}}{z}"'],
  ...[
    'f"\\N{BULLET}{x}"',
    'rf"\\{x}"',
    "f'{x!r}' 'else:'",
    'f"{x:{{}}}"',
    'f"{x:%H:%M}"',
    'f"{(lambda: 1)}"',
  ],
];

/** PEP 701, 695, 758 and 750: valid in newer Pythons only, so used sparingly. */
const NEWER = ['f"{x["a"]}"', 'f"{x:\n}"', 'f"{x # }\n}"', "f'{'\\n'}'", 'f"{f"{f"{1}"}"}"', 't"{x["a"]}"'];

const expression = fc.oneof(
  { weight: 60, arbitrary: fc.constantFrom(...EXPRESSIONS) },
  { weight: 1, arbitrary: fc.constantFrom(...NEWER) },
);

const simple = fc
  .tuple(
    fc.constantFrom(
      ...[
        'E',
        'x = E',
        'x += E',
        'E; E',
        'E;',
        'x: int = E',
        'print(E)',
        'import os',
        'match = E',
        'match(E)',
      ],
      ...[
        'match[E]: int',
        'type(E)',
        'elsewhere = E',
        'finally_ = E',
        'exceptional = E',
        'e',
        'f',
        'el',
        'pass',
      ],
      ...[
        'x = E # c',
        'assert E, E',
        'é = E',
        'forx = E',
        'del x',
        'asynchronous = E',
        'd = E',
        't',
        'excep',
      ],
    ),
    expression,
    expression,
  )
  .map(([form, first, second]) => form.replace('E', () => first).replace('E', () => second));

/** What may stand between statements at column 0. */
const trivia = fc.constantFrom(
  '',
  '',
  '',
  '\n',
  '\n\n',
  '# c\n',
  '  # c\n',
  '   \n',
  '\f\n',
  '\t\n',
  '\\\n',
  '\f',
);

const HEADS: readonly (readonly string[])[] = [
  ['if x:'],
  ['if (1,\n2):', 'elif """\n""":', 'elif y:', 'else:'],
  ['for x in y:'],
  ['for x in y:', 'else :'],
  ['while x:', 'else:'],
  ['try:', 'except E:'],
  ['try:', 'except:', 'else:', 'finally:'],
  ['try:', 'except (A, B) as e:', 'except:'],
  ['try:', 'except* E:', 'finally:'],
  ['try:', 'finally:'],
  ['with a as b:'],
  ['with (a) as b:'],
  ['def f(a=1,\n  b={}):'],
  ['class A(x):'],
  ['@d\nclass A:'],
  ['@d(1,\n2) # c\n\n@e\nasync def f() -> x[1:2]:'],
  ['async def f():'],
];

function compound(indent: string, depth: number): fc.Arbitrary<string> {
  const clauses = fc
    .constantFrom(...HEADS)
    .chain((heads) =>
      fc.tuple(
        ...heads.map((head, index) =>
          fc
            .tuple(index === 0 || indent ? fc.constant('') : trivia, suite(indent, depth))
            .map(([before, body]) => before + indent + head.replaceAll('\n@', `\n${indent}@`) + body),
        ),
      ),
    );
  const match = fc
    .tuple(fc.constantFrom('x', '(x)', '[x, y]', '-x', 'x, y'), suite(`${indent}  `, depth))
    .map(
      ([subject, body]) => `${indent}match ${subject}:\n${indent}  case 1: pass\n${indent}  case _:${body}`,
    );
  return fc.oneof(
    { weight: 8, arbitrary: clauses.map((texts) => texts.join('')) },
    { weight: 1, arbitrary: match },
  );
}

function suite(indent: string, depth: number): fc.Arbitrary<string> {
  const inline = simple.map((text) => ` ${text}\n`);
  if (depth === 0) return inline;
  const block = fc.constantFrom('  ', '    ', '\t').chain((step) => {
    const inner = indent + step;
    const line = fc.oneof(
      { weight: 4, arbitrary: simple.map((text) => `${inner}${text}\n`) },
      { weight: 1, arbitrary: compound(inner, depth - 1) },
    );
    const gap = fc.constantFrom('', '', '\n', '# z\n', '      \n');
    return fc
      .tuple(fc.constantFrom('\n', ' # c\n'), fc.array(fc.tuple(gap, line), { minLength: 1, maxLength: 2 }))
      .map(([end, lines]) => end + lines.flat().join(''));
  });
  return fc.oneof(inline, block);
}

const statement = fc.oneof(
  compound('', 2),
  fc.tuple(simple, fc.constantFrom('\n', '  \n', ' # q\n')).map((parts) => parts.join('')),
);

const program = fc
  .tuple(
    fc.array(fc.tuple(trivia, statement), { minLength: 1, maxLength: 4 }),
    fc.constantFrom('\n', '\n', '\n', '\r\n', '\r'),
    fc.boolean(),
  )
  .map(([statements, newline, isTerminated]) => {
    const text = statements.flat().join('');
    return (isTerminated ? text : text.replace(/\n+$/, '')).replaceAll('\n', newline);
  });
