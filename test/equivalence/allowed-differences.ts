/**
 * A difference between two runs of one program that says nothing about how it was run: two plain runs of it differ in
 * the same way. Everything else must be equal, byte for byte.
 */
export interface AllowedDifference {
  readonly name: string;
  readonly reason: string;
  /** What differs, as it stands in any text of an observation, and what is compared in its place. */
  readonly pattern: RegExp;
  readonly replacement: string;
  /** Two texts that differ by this rule alone. */
  readonly example: readonly [string, string];
  /** Pairs of texts that are close to the example, and must stay different. */
  readonly counterexamples: readonly (readonly [string, string])[];
}

export const allowedDifferences: readonly AllowedDifference[] = [
  {
    name: 'addresses in memory',
    reason: 'The operating system places memory at random.',
    pattern: /\b(0x|memory:)(?:[0-9a-f]{9,16}|[0-9A-F]{9,16})\b/g,
    replacement: '$1…',
    example: ['<object at 0x7f01a2b3c4d5>', '<object at 0x7f99a2b3c4d5>'],
    counterexamples: [
      ['0xff', '0xfe'],
      ['0x1234', '0x123456'],
      ['mask 0xdeadbeef', 'mask 0xdeadbeee'],
      ['memory:1024', 'memory:2048'],
      ['<object at 0x7f01a2b3c4d5>', '<thing at 0x7f01a2b3c4d5>'],
    ],
  },
  {
    name: 'the file name of a cell',
    reason:
      'ipykernel makes it of its process id and a hash of what it compiles; tracebacks say Cell In[n] instead.',
    pattern: /(?:\/[^\s"'/]+){0,8}\/ipykernel_\d+\/\d+\.py/g,
    replacement: '<cell>',
    example: [
      '/tmp/ipykernel_12/3141592653.py:3: UserWarning',
      '/tmp/ipykernel_77/2718281828.py:3: UserWarning',
    ],
    counterexamples: [
      ['/tmp/ipykernel_12/3141592653.py:3: UserWarning', '/tmp/ipykernel_12/3141592653.py:4: UserWarning'],
      ['/tmp/ipykernel_12/module.py', '/tmp/ipykernel_77/module.py'],
    ],
  },
  {
    name: 'the file name of a cell in a syntax error',
    reason: 'The message of a SyntaxError holds the last part of that name alone.',
    pattern: /\(\d{5,10}\.py, line (?=\d+\))/g,
    replacement: '(<cell>, line ',
    example: ['invalid syntax (1234567890.py, line 2)', 'invalid syntax (987654321.py, line 2)'],
    counterexamples: [
      ['invalid syntax (1234567890.py, line 2)', 'invalid syntax (1234567890.py, line 3)'],
      ['invalid syntax (made_up.py, line 2)', 'invalid syntax (other.py, line 2)'],
    ],
  },
  {
    name: 'a warning of the compiler that is repeated',
    reason: 'IPython compiles a plain cell once more than it must, only to see whether it awaits.',
    pattern: /^(<>:\d+: SyntaxWarning: .*\n)\1/gm,
    replacement: '$1',
    example: ['<>:1: SyntaxWarning: "is"\n', '<>:1: SyntaxWarning: "is"\n<>:1: SyntaxWarning: "is"\n'],
    counterexamples: [
      ['<>:1: SyntaxWarning: "is"\n', '<>:1: SyntaxWarning: "is"\n<>:2: SyntaxWarning: "is"\n'],
      ['twice\n', 'twice\ntwice\n'],
    ],
  },
  {
    name: 'the working directory',
    reason: 'Each run has a folder of its own, with a name of the same length.',
    pattern: /(?:\/[^\s"'/]+){0,8}\/equivalence-\w{6}(?!\w)/g,
    replacement: '<folder>',
    example: ['/tmp/equivalence-a1B2c3/table.csv', '/tmp/equivalence-Zz9Yy8/table.csv'],
    counterexamples: [
      ['/tmp/equivalence-a1B2c3/table.csv', '/tmp/equivalence-a1B2c3/other.csv'],
      ['/tmp/elsewhere-a1B2c3', '/tmp/elsewhere-Zz9Yy8'],
    ],
  },
  {
    name: 'the name of a temporary file',
    reason: 'The tempfile module chooses it at random.',
    pattern: /\/tmp[a-z0-9_]{8}(?=[./"'\s]|$)/g,
    replacement: '/<temporary>',
    example: ['/tmp/tmp0bo52d3p.json', '/tmp/tmp2ejydmtg.json'],
    counterexamples: [
      ['/tmp/tmp0bo52d3p.json', '/tmp/tmp2ejydmtg.csv'],
      ['/tmp/template.json', '/tmp/tmplate2.json'],
      ['/tmp/tmp1.json', '/tmp/tmp2.json'],
    ],
  },
  {
    name: 'times of %time and %timeit',
    reason: 'They are measured.',
    pattern: /\b\d+(?:\.\d+)?(?:e\+\d+)? (?:ns|[uµμ]s|ms|s)(?= (?:±|per loop)|, (?:sys|total): |\n|$)/g,
    replacement: '<time>',
    example: [
      'CPU times: user 3 ms, sys: 1.2 ms, total: 4.2 ms\nWall time: 5 ms\n',
      'CPU times: user 2 µs, sys: 1e+03 ns, total: 2 µs\nWall time: 4.05 µs\n',
    ],
    counterexamples: [
      ['CPU times: user 3 ms', 'CPU times: sys 3 ms'],
      ['took 3 meters', 'took 4 meters'],
      ['wait for 3 ms.', 'wait for 4 ms.'],
      ['total: 5 rows\n', 'total: 6 rows\n'],
    ],
  },
  {
    name: 'times of a progress bar',
    reason: 'They are measured, and so is the rate.',
    pattern: /\[[\d:]+(?:<[\d:?]+)?, +[\d.?]+(?:it\/s|s\/it)\]/g,
    replacement: '[<time>]',
    example: ['100%|██| 3/3 [00:00<00:00, 3212.34it/s]', '100%|██| 3/3 [00:01<00:00, 12.00it/s]'],
    counterexamples: [
      ['100%|██| 3/3 [00:00<00:00, 3212.34it/s]', ' 67%|█ | 2/3 [00:00<00:00, 3212.34it/s]'],
      ['100%|██| 3/3 [00:00<00:00, 3212.34it/s]', '100%|██| 4/4 [00:00<00:00, 3212.34it/s]'],
      ['[1, 2]', '[1, 3]'],
    ],
  },
  {
    name: 'the number of a thread in its repr',
    reason: 'It is an address, in decimal.',
    pattern: /(<\w+\([\w -]+, (?:started|stopped)(?: daemon)?) \d{12,}\)>/g,
    replacement: '$1 …)>',
    example: ['<Thread(worker, stopped 140587861518016)>', '<Thread(worker, stopped 140438128645824)>'],
    counterexamples: [
      ['<Thread(worker, stopped 140587861518016)>', '<Thread(worker, started 140587861518016)>'],
      ['<Thread(worker, stopped 140587861518016)>', '<Thread(other, stopped 140587861518016)>'],
      ['<Point(x, 140587861518016)>', '<Point(x, 140438128645824)>'],
    ],
  },
  {
    name: 'the process id in a repr',
    reason:
      'The operating system counts processes. Programs of the corpora print it only where a library does.',
    pattern: /\b(pid|parent)=\d+\b/g,
    replacement: '$1=…',
    example: [
      "<Process name='P-1' pid=41 parent=40 stopped>",
      "<Process name='P-1' pid=52 parent=51 stopped>",
    ],
    counterexamples: [
      ["<Process name='P-1' pid=41>", "<Process name='P-2' pid=41>"],
      ['rapid=41', 'rapid=42'],
    ],
  },
];

/** A text without what may differ, by all rules or by those given. */
export function comparableText(
  text: string,
  rules: readonly AllowedDifference[] = allowedDifferences,
): string {
  return rules.reduce((text, { pattern, replacement }) => text.replaceAll(pattern, replacement), text);
}

/** All texts of a value without what may differ. */
export function comparable<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), (_, value: unknown) =>
    typeof value === 'string' ? comparableText(value) : value,
  );
}

/**
 * The traceback of a serial run without the lines that it quotes after the failing statement.
 *
 * Reason: while a program arrives, those lines do not exist yet. Left out is a line only at the end of a frame of the
 * cell, only after the failing line, and only where the eager run ended that frame. Everything that the eager run did
 * quote must be quoted.
 */
export function asFarAsWritten(serial: readonly string[], eager: readonly string[]): readonly string[] {
  return serial.map((frame, index) => {
    const quoted = eager[index];
    if (quoted === undefined || !isCellFrame(frame)) return frame;
    const [whole, written] = [frame.split('\n'), quoted.split('\n')];
    const from = written.length - trailingBlank(written);
    const rest = whole.slice(from, whole.length - trailingBlank(whole));
    const wasReached = whole.slice(0, from).some((line) => /^-+> /.test(plainText(line)));
    const areQuotes = rest.every((line) => /^ +\d+(?: |$)/.test(plainText(line)));
    return wasReached && areQuotes ? [...whole.slice(0, from), ...written.slice(from)].join('\n') : frame;
  });
}

/**
 * The input of a serial run (`In[n]`) that failed as far as the eager run has it.
 *
 * Reason: what follows the statement that fails never reaches the kernel. Everything up to there must be the same.
 */
export function asFarAsRun(serial: string, eager: string, hasFailed: boolean): string {
  return hasFailed && serial.startsWith(eager) ? eager : serial;
}

/**
 * A traceback with equal frames in a row counted as one, also where IPython has counted them, for errors of too deep a
 * recursion only.
 *
 * Reason: how deep a program can go depends on how deep the stack is on which it runs, and that of a plain cell is a few
 * frames deeper.
 */
export function withoutDepth({
  ename,
  traceback,
}: {
  readonly ename: string;
  readonly traceback: readonly string[];
}) {
  if (ename !== 'RecursionError') return traceback;
  return traceback
    .filter((frame, index) => frame !== traceback[index - 1])
    .map((frame) => frame.replace(COUNTED_FRAMES, '$1 …$2'));
}

const COUNTED_FRAMES = /(\[\.\.\. skipping similar frames: .* \()\d+( times\)\])/;

function isCellFrame(frame: string): boolean {
  return /^Cell In\[\d+\], line \d+/.test(plainText(frame));
}

function trailingBlank(lines: readonly string[]): number {
  return lines.length - 1 - lines.findLastIndex((line) => line !== '');
}

function plainText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ANSI escapes begin with one.
  return text.replaceAll(/\u001b\[[\d;]*m/g, '');
}
