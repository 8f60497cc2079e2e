/**
 * Syntax errors are found while the statement around them is still being written: Lezer suspects, CPython confirms.
 * No valid program is accused, and the errors of damaged ones are found where CPython can find them first.
 *
 * By default on a sample of the Python files that are installed, and on all of them with EAGER_CORPUS=full.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listCorpora, parseFiles } from '../../packages/detection/python/cpython.js';
import { type Chunk, paper, Segmenter } from '../../packages/detection/src/index.js';
import { type RunEvent, run$ } from '../../packages/engine/src/index.js';
import { embeddedKernel, type Kernel } from '../../packages/execution/src/index.js';
import { fromStream } from '../../packages/generation/src/index.js';
import { seededRandom } from '../../packages/generation/src/random.js';
import { python } from '../python.js';
import { analyses, functions, hazards, plots } from './corpora.js';

const FULL = process.env.EAGER_CORPUS === 'full';

/** CPython 3.10 cannot tell what is wrong from what is only not complete. */
const canTell = execFileSync(python, ['-c', 'import sys; print(sys.version_info >= (3, 11))'])
  .toString()
  .startsWith('True');

describe.runIf(canTell)('no valid program is accused', () => {
  it.each(Object.entries({ hazards, plots, functions, analyses }))('of %s', (_, programs) => {
    const looks = programs().map(({ text }) => suspectsOf(text.split(/(?<=\n)/)).filter(isAligned));
    expect(alarms(looks)).toEqual([]);
  });

  it('of the installed libraries', { timeout: FULL ? 3_600_000 : 120_000 }, async () => {
    let [files, suspects] = [0, 0];
    for (const [name, all] of await listCorpora()) {
      const paths = FULL ? all : everyNth(all, 60);
      const looks: Look[][] = [];
      for await (const file of parseFiles(paths)) {
        if (!file) continue;
        files++;
        looks.push(suspectsOf(file.program.split(/(?<=\n)/)));
      }
      suspects += looks.flat().length;
      expect(alarms(looks), name).toEqual([]);
    }
    console.log(`${files} files, ${suspects} suspects`);
    expect(suspects).toBeGreaterThan(0);
  });

  it('wherever it is cut between two lines', { timeout: FULL ? 3_600_000 : 120_000 }, async () => {
    const looks: Look[][] = [];
    for (const all of (await listCorpora()).values()) {
      for await (const file of parseFiles(everyNth(all, FULL ? 400 : 12))) {
        for (const { code } of chunksOf(file?.program ?? '')) {
          const lines = code.split(/(?<=\n)/).slice(0, 60);
          if (lines.length > 1) looks.push(lines.map((_, index) => [1, lines.slice(0, index + 1).join('')]));
        }
      }
    }
    console.log(`${looks.flat().length} beginnings of statements`);
    expect(looks.flat().length).toBeGreaterThan(1000);
    expect(alarms(looks)).toEqual([]);
  });
});

it.runIf(canTell)('errors are found within a line of where CPython can find them', async () => {
  const found = new Map<string, number[]>();
  const late: number[] = [];
  const programs = await damagedPrograms();
  const answers = ask(
    'prompt',
    programs.map(({ program }) => ({ program, looks: looksAt(program) })),
  ) as ([number | null, number | null] | null)[];
  for (const [index, { kind, damagedLine }] of programs.entries()) {
    const [possible, actual] = answers[index] ?? [];
    if (possible == null) continue; // valid, or wrong only because something is missing at its end
    const foundAt = actual ?? Number.POSITIVE_INFINITY;
    late.push(foundAt - possible);
    found.set(kind, [...(found.get(kind) ?? []), foundAt - damagedLine]);
  }
  const share = (all: readonly number[]) => all.filter((lines) => lines <= 1).length / all.length;
  for (const [kind, lines] of found) console.log(kind, lines.length, share(lines).toFixed(3));
  console.log(
    `${late.length} damaged programs: ${share([...found.values()].flat()).toFixed(3)} within a line`,
  );
  console.log(`of the damage, ${share(late).toFixed(3)} within a line of where CPython can tell`);
  expect(late.length).toBeGreaterThan(150);
  expect(share(late)).toBeGreaterThan(0.98);
});

describe.runIf(canTell)('a run ends at an error', () => {
  let kernel: Kernel;
  beforeAll(() => {
    kernel = embeddedKernel({ python });
  });
  afterAll(() => kernel[Symbol.asyncDispose]());

  /** Of each program only these lines ever arrive: generation goes on for ever, and says no more. */
  it.each([
    ['a doubled operator', 'def f(a):\n    b = = 2\n', 2],
    ['a misspelled keyword', 'class A:\n    deff f(self):\n', 2],
    ['a missing colon', 'def f(a):\n    if a\n        return 1\n', 2],
    ['a missing comma', 'x = dict(\n    a=1,\n    b 2,\n', 3],
    ['the wrong bracket', 'for i in range(3):\n    x = [1, 2)\n', 2],
    ['a bracket that is not closed', 'def f():\n    x = [1, 2\n    y = 3\n', 2],
    ['an unexpected indent', 'def f():\n    x = 1\n      y = 2\n', 3],
    ['an indent that matches none', 'def f():\n    if x:\n        y = 2\n      z = 3\n', 4],
    ['a block that is missing', 'class A:\n    def f(self):\n    def g(self):\n', 3],
    ['an error under a decorator', '@property\ndef f(:\n', 2],
    ['an error after a docstring', 'def f():\n    """Text.\n\n    More.\n    """\n    return return\n', 6],
    ['an error in a clause that follows', 'try:\n    x = 1\nexcept Exception as as e:\n', 3],
    ['an error in a formatted string', 'def f(x):\n    return f"{x +}"\n', 2],
    ['an error behind an effect that is held', 'open("never", "w")\ndef f():\n    x = = 1\n', 3],
    ['a complete statement behind one', 'open("never", "w")\nx = = 1\n', 2],
    [
      'an error behind what hides that it is held',
      'try:\n    open("never", "w")\nexcept BaseException:\n    pass\ny = = 1\n',
      5,
    ],
  ])('%s', async (_, arrived, line) => {
    const { error, status } = await endOf(kernel, arrived);
    expect(error).toMatchObject({ ename: expect.stringMatching(/^(Syntax|Indentation)Error$/) });
    expect(error?.evalue).toMatch(new RegExp(`line ${line}\\)$`));
    expect(status).toBe('error');
  });

  it('that stands behind a statement which the gate has not let through', async () => {
    const arrived = 'a = 1\nimport subprocess\nb = 2\nclass A:\n    c = (1, 2]\n';
    const { events, error } = await endOf(kernel, arrived, paper());
    expect(error).toMatchObject({ ename: 'SyntaxError', alreadyRan: 1, chunk: { id: 3, line: 4 } });
    expect(events.flatMap((event) => (event.type === 'chunk' ? [event.chunk.id] : []))).toEqual([0, 1, 2, 3]);
  });

  it('and tells of the statement as of any other', async () => {
    const { events } = await endOf(kernel, 'a = 1\ndef f():\n    b = = 2\n');
    const told = events.filter((event) => 'chunk' in event && event.chunk?.id === 1).map(({ type }) => type);
    expect(told).toEqual(['chunk', 'started', 'output', 'finished', 'error']);
    const batches = events.flatMap((event) => (event.type === 'batch' ? [event.batch] : []));
    expect(batches.at(-1)?.chunks.map(({ id }) => id)).toEqual([1]);
  });
});

/** What Lezer takes for errors in valid Python, and what is IPython's: suspected at once, and never accused. */
it.each([
  'def f():\n    yield\n    print = 3\n    return print\nlist(f())\n',
  'def f(x):\n    match x, x:\n        case (1, 2):\n            return 1\n        case str():\n            return 2\nf(1)\n',
  'def f():\n    !echo hello\n    %time 1 + 1\nf()\n',
  'if True:\n    x = !echo 1\n    print?\n',
  '%%time\nx = (1,\n2)\ny = 1.\n',
  'def f():\n    def g():\n        nonlocal x\n        x = 2\n    x = 1\n    g()\n    return x\nf()\n',
])('a run goes on at what only looks like an error: %j', async (program) => {
  await using kernel = embeddedKernel({ python });
  const events: RunEvent[] = [];
  await run$(fromStream(linesOf(program)), kernel).forEach((event) => void events.push(event));
  expect(events.flatMap((event) => (event.type === 'error' ? [event.evalue] : []))).toEqual([]);
  expect(events.at(-1)).toMatchObject({ type: 'end', status: 'ok' });
});

/** Runs what arrives of a program that never ends by itself. */
async function endOf(
  kernel: Kernel,
  arrived: string,
  policy = undefined as ReturnType<typeof paper> | undefined,
) {
  const events: RunEvent[] = [];
  const tokens$ = fromStream(linesOf(arrived, new Promise(() => {})));
  await run$(tokens$, kernel, policy ? { policy } : {}).forEach((event) => void events.push(event));
  const error = events.find((event): event is RunEvent & { type: 'error' } => event.type === 'error');
  const end = events.at(-1);
  return { events, error, status: end?.type === 'end' ? end.status : undefined };
}

async function* linesOf(text: string, end?: Promise<void>): AsyncGenerator<string> {
  yield* text.split(/(?<=\n)/);
  await end;
}

function chunksOf(program: string): Chunk[] {
  const segmenter = new Segmenter();
  return [...segmenter.feed(program, 0), ...segmenter.end(0)];
}

/** A program that is indented as a whole never gets far: it is an IndentationError, where IPython would dedent it. */
function isAligned([, code]: Look): boolean {
  return !/^[ \t]/.test(code);
}

type Look = readonly [id: number, code: string];

function suspectsOf(pieces: readonly string[]): Look[] {
  const segmenter = new Segmenter();
  return pieces.flatMap((piece) => {
    segmenter.feed(piece, 0);
    return segmenter.suspects.map(({ id, code }): Look => [id, code]);
  });
}

/** What detection shows of a program that arrives by lines: after how many, what, and whether it is complete. */
function looksAt(program: string): [number, string, boolean][] {
  const segmenter = new Segmenter();
  const lines = program.split(/(?<=\n)/);
  const looks = lines.flatMap((line, index): [number, string, boolean][] => [
    ...segmenter.feed(line, 0).map(({ code }): [number, string, boolean] => [index + 1, code, true]),
    ...segmenter.suspects.map(({ code }): [number, string, boolean] => [index + 1, code, false]),
  ]);
  return [
    ...looks,
    ...segmenter.end(0).map(({ code }): [number, string, boolean] => [lines.length, code, true]),
  ];
}

function alarms(looks: readonly (readonly Look[])[]): unknown[] {
  return (ask('alarms', looks) as string[][]).flat();
}

function ask(task: 'alarms' | 'prompt', questions: readonly unknown[]): unknown[] {
  const script = fileURLToPath(new URL('judge_early.py', import.meta.url));
  const folder = fileURLToPath(new URL('../../packages/execution/python/', import.meta.url));
  const input = questions.map((question) => `${JSON.stringify(question)}\n`).join('');
  const output = execFileSync(python, [script, folder, task], {
    input,
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  });
  return output.split('\n').flatMap((line) => (line ? [JSON.parse(line)] : []));
}

/** How a line is damaged; undefined where it has nothing to damage. */
const DAMAGES: Record<string, (line: string, random: () => number) => string | undefined> = {
  'bracket deleted': (line, random) => without(line, /[()[\]{}]/g, random),
  'keyword misspelled': (line) =>
    replaced(line, /\b(def|class|return|for|import|while|else|elif|try|except|with|lambda)\b/, (word) =>
      word.slice(0, -1),
    ),
  'indent broken': (line, random) =>
    replaced(line, /^ {4,}(?=\S)/, (indent) => indent.slice(1 + random() * 3)),
  'indent added': (line) => replaced(line, /^ {4,}(?=\S)/, (indent) => `${indent} `),
  'colon deleted': (line) => replaced(line, /:(?=\n$)/, () => ''),
  'operator doubled': (line) => replaced(line, / (=|\+|\*|==) /, (operator) => `${operator}/ `),
  'quote deleted': (line, random) => without(line, /['"]/g, random),
  'comma deleted': (line) => replaced(line, /, /, () => ' '),
};

/** Statements of several lines out of the standard library, each with one line damaged. Most are no valid Python then. */
async function damagedPrograms() {
  const random = seededRandom(1);
  const damages = Object.entries(DAMAGES);
  const programs: { kind: string; damagedLine: number; program: string }[] = [];
  for await (const file of parseFiles(
    everyNth((await listCorpora()).get('stdlib') ?? [], FULL ? 1000 : 300),
  )) {
    for (const { code } of chunksOf(file?.program ?? '').slice(0, 40)) {
      const lines = code.split(/(?<=\n)/);
      if (lines.length < 8 || lines.length > 80) continue;
      const [kind, damage] = damages[programs.length % damages.length] ?? [];
      const at = 1 + Math.floor(random() * (lines.length - 2));
      for (const index of [...lines.keys()].slice(at, -1)) {
        const damaged = damage?.(lines[index] ?? '', random);
        if (kind === undefined || damaged === undefined) continue;
        programs.push({ kind, damagedLine: index + 1, program: lines.with(index, damaged).join('') });
        break;
      }
    }
  }
  return programs;
}

function without(line: string, pattern: RegExp, random: () => number): string | undefined {
  const matches = [...line.matchAll(pattern)];
  const match = matches[Math.floor(random() * matches.length)];
  return match && line.slice(0, match.index) + line.slice(match.index + 1);
}

function replaced(line: string, pattern: RegExp, by: (match: string) => string): string | undefined {
  return pattern.test(line) ? line.replace(pattern, by) : undefined;
}

function everyNth<T>(all: readonly T[], count: number): readonly T[] {
  const step = Math.max(1, Math.ceil(all.length / count));
  return all.filter((_, index) => index % step === 0);
}
