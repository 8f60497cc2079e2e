import { expect, test } from 'vitest';
import { jsonLines, Playground } from './eager.js';

/** An emoji is two UTF-16 code units: offsets after it tell which units are counted. */
const program = `import math
s = "🎉"
@staticmethod
def f(a):
    return a  # é

# comment
if s:
    pass
else:
    pass
%time 1
x = [1,
     2]`;

const chunks = [
  ['import math\n', 1, 'simple', 'newline'],
  ['s = "🎉"\n', 2, 'simple', 'newline'],
  ['@staticmethod\ndef f(a):\n    return a  # é\n', 3, 'compound', 'dedent'],
  ['if s:\n    pass\nelse:\n    pass\n', 8, 'compound', 'dedent'],
  ['%time 1\n', 12, 'magic', 'newline'],
  ['x = [1,\n     2]', 13, 'simple', 'end'],
] as const;

test('segment --json prints a line for each chunk, whatever feeds it', async () => {
  const playground = new Playground({ 'p.py': program });
  const whole = await playground.run(['segment', 'p.py', '--json']);
  expect(whole).toMatchObject({ code: 0, stderr: '' });
  expect(jsonLines(whole.stdout)).toEqual(
    chunks.map(([code, line, kind, closedBy]) => {
      const from = program.indexOf(code);
      return { type: 'chunk', from, to: from + code.length, line, kind, closedBy };
    }),
  );
  // The order of the keys is part of the line.
  expect(whole.stdout.split('\n')[0]).toBe(
    '{"type":"chunk","from":0,"to":12,"line":1,"kind":"simple","closedBy":"newline"}',
  );
  const ways = [
    ['segment', 'p.py', '--json', '--tokens', 'whole'],
    ['segment', 'p.py', '--json', '--tokens', 'chars'],
    ['segment', 'p.py', '--json', '--tokens', 'random:1'],
    ['segment', '--json', '--tokens=random:77', 'p.py'],
    ['segment', '-', '--json'],
  ];
  for (const args of ways) expect(await playground.run(args, { input: program })).toEqual(whole);
});

test('segment without --json prints a line a person can read', async () => {
  const { code, stdout, stderr } = await new Playground().run(['segment', '-'], { input: program });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const rows = stdout.trimEnd().split('\n');
  expect(rows.map((row) => row.trim().split(/ {2,}/))).toEqual([
    ['1', 'simple', 'newline', 'import math'],
    ['2', 'simple', 'newline', 's = "🎉"'],
    ['3–5', 'compound', 'dedent', '@staticmethod …'],
    ['8–11', 'compound', 'dedent', 'if s: …'],
    ['12', 'magic', 'newline', '%time 1'],
    ['13–14', 'simple', 'end', 'x = [1, …'],
  ]);
});

test.each([
  ['nothing', ''],
  ['only comments', '# one\n\n  # two'],
])('segment of %s prints nothing', async (_, input) => {
  expect(await new Playground().run(['segment', '-', '--json'], { input })).toEqual({
    code: 0,
    stdout: '',
    stderr: '',
  });
});

test('a byte order mark is no part of the program', async () => {
  const [line] = jsonLines(
    (await new Playground().run(['segment', '-', '--json'], { input: '\uFEFFx = 1\n' })).stdout,
  );
  expect(line).toMatchObject({ from: 0, to: 6, line: 1 });
});
