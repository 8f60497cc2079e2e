import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { argv } from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Segmenter } from '@eager/detection';
import { parser } from '@lezer/python';
import { decode, encode } from 'gpt-tokenizer';
import { digits, type MicroTable } from './micro/table.js';

/** How many tokens near the end of a program the slow ways are timed on. */
const SAMPLED_TOKENS = 5;

/**
 * Prints what finding the chunks costs for each token, on programs of growing length, beside two other ways of
 * asking after each token whether a statement is complete: Python's `ast.parse` and Lezer, on all text so far.
 */
export async function detectionBench(): Promise<void> {
  console.log(
    '                          tokens │  Segmenter, µs a token      total │ parse of the prefix, µs a token',
  );
  console.log(
    '                                 │ median    mean     p99         ms │    ast.parse          Lezer',
  );
  for await (const { name, tokens, medianUs, meanUs, p99Us, totalMs, astUs, lezerUs } of measured()) {
    const columns = [
      name.padEnd(22),
      `${tokens}`.padStart(10),
      '│',
      medianUs.toFixed(2).padStart(6),
      meanUs.toFixed(2).padStart(7),
      p99Us.toFixed(1).padStart(7),
      totalMs.toFixed(1).padStart(10),
      '│',
      (Number.isNaN(astUs) ? '–' : astUs.toFixed(0)).padStart(12),
      lezerUs.toFixed(0).padStart(14),
    ];
    console.log(columns.join(' '));
  }
}

/** The same for a report. */
export async function detectionTable(python: string): Promise<MicroTable> {
  const rows: string[][] = [];
  for await (const { name, tokens, medianUs, meanUs, p99Us, astUs, lezerUs } of measured(python)) {
    rows.push([name, `${tokens}`, ...[medianUs, meanUs, p99Us, astUs, lezerUs].map(digits)]);
  }
  return {
    title: 'Finding statements: what a token costs',
    about:
      'Microseconds a token, fed one by one; beside it, near the end of the program, what parsing all text so far after ' +
      'each token costs with Python’s ast.parse and with Lezer.',
    headings: ['program', 'tokens', 'median', 'mean', 'p99', 'ast.parse', 'Lezer'],
    rows,
  };
}

interface Measured extends Timing {
  readonly name: string;
  readonly tokens: number;
  /** Microseconds that parsing all text so far takes near the end; NaN without Python. */
  readonly astUs: number;
  readonly lezerUs: number;
}

async function* measured(command = process.env.EAGER_PYTHON ?? 'python3'): AsyncGenerator<Measured> {
  // The compiler is warmed by programs that are not measured.
  for (let i = 0; i < 5; i++) for (const program of Object.values(PROGRAMS)) timed(program(300));
  const python = await AstParser.start(command);
  try {
    for (const [name, lines] of MEASURED) {
      const tokens = tokensOf(PROGRAMS[name](lines));
      const timing = best(() => timed(tokens.join(''), tokens));
      const prefixes = Array.from({ length: SAMPLED_TOKENS }, (_, i) => tokens.slice(0, -1 - 7 * i).join(''));
      const astUs = python ? await python.medianUs(prefixes) : Number.NaN;
      const lezerUs = median(prefixes.map((prefix) => elapsedUs(() => parser.parse(prefix))));
      yield { ...timing, name: `${lines} lines, ${name}`, tokens: tokens.length, astUs, lezerUs };
    }
  } finally {
    python?.stop();
  }
}

const PROGRAMS = {
  /** Functions, calls and prints, as models write them. */
  code: (lines: number) =>
    repeated(
      lines / 10,
      (i) => `def scaled_${i}(values, factor=${i}):
    """Return the values times ${i}."""
    if not values:
        return []
    total = sum(value ** 2 for value in values)
    return {"total": total, "name": f"item {factor}"}

result_${i} = scaled_${i}(range(${i}), factor=${i + 1})
print(result_${i}["total"], "done")

`,
    ),
  dict: (lines: number) =>
    `data = {\n${repeated(lines, (i) => `    "key_${i}": [${i}, "value ${i}", (1.5, None)],\n`)}}\n`,
  class: (lines: number) =>
    `class Large:\n${repeated(lines / 4, (i) => `    def method_${i}(self, x):\n        y = x + ${i}\n        return self.method_${i}(y, "z")\n\n`)}`,
  string: (lines: number) =>
    `text = """\n${repeated(lines, (i) => `Line ${i} of a long text, with some words.\n`)}"""\n`,
  'one line': (lines: number) => `data = [${repeated(lines, (i) => `${i}, "value ${i}", `)}]\n`,
};

const MEASURED: readonly (readonly [keyof typeof PROGRAMS, number])[] = [
  ['code', 100],
  ['code', 1000],
  ['code', 10_000],
  ['dict', 1000],
  ['dict', 10_000],
  ['class', 5000],
  ['string', 10_000],
  ['one line', 1000],
  ['one line', 10_000],
];

interface Timing {
  readonly medianUs: number;
  readonly meanUs: number;
  readonly p99Us: number;
  readonly totalMs: number;
}

function timed(program: string, tokens = tokensOf(program)): Timing {
  const segmenter = new Segmenter();
  const times = Float64Array.from(tokens, (token) => elapsedUs(() => segmenter.feed(token, 0)));
  const endUs = elapsedUs(() => segmenter.end(0));
  const totalUs = times.reduce((sum, us) => sum + us, endUs);
  times.sort();
  return {
    medianUs: times[times.length >> 1] ?? 0,
    meanUs: totalUs / times.length,
    p99Us: times[Math.floor(times.length * 0.99)] ?? 0,
    totalMs: totalUs / 1000,
  };
}

/** The fastest of three runs: the others were disturbed by something else on the machine. */
function best(run: () => Timing): Timing {
  return [run(), run(), run()].reduce((fastest, timing) =>
    timing.totalMs < fastest.totalMs ? timing : fastest,
  );
}

/** One Python process that parses what it is sent, and says how long it took. */
class AstParser {
  private readonly python: ReturnType<typeof spawn>;
  private readonly answers: AsyncIterator<string>;

  private constructor(python: ReturnType<typeof spawn>, answers: AsyncIterator<string>) {
    this.python = python;
    this.answers = answers;
  }

  /** Nothing where there is no Python. */
  static async start(command: string): Promise<AstParser | undefined> {
    const python = spawn(command, ['-c', TIMED_PARSES], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    try {
      await once(python, 'spawn');
    } catch {
      return undefined;
    }
    return new AstParser(python, createInterface({ input: python.stdout })[Symbol.asyncIterator]());
  }

  async medianUs(programs: readonly string[]): Promise<number> {
    const times: number[] = [];
    for (const program of programs) {
      this.python.stdin?.write(`${JSON.stringify(program)}\n`);
      times.push(Number((await this.answers.next()).value));
    }
    return median(times);
  }

  stop(): void {
    this.python.stdin?.end();
  }
}

const TIMED_PARSES = `
import ast, json, sys, time
for line in sys.stdin:
    program = json.loads(line)
    start = time.perf_counter()
    try:
        ast.parse(program)
    except SyntaxError:
        pass
    print((time.perf_counter() - start) * 1e6, flush=True)
`;

function tokensOf(program: string): string[] {
  return encode(program).map((token) => decode([token]));
}

function repeated(count: number, text: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => text(i)).join('');
}

function elapsedUs(work: () => unknown): number {
  const start = performance.now();
  work();
  return (performance.now() - start) * 1000;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

if (argv[1] === fileURLToPath(import.meta.url)) await detectionBench();
