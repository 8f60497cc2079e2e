import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { jsonLines, nothing, Playground } from './eager.js';
import { endOf, expectRunLines, ofType } from './events.js';
import { expectValidNotebook, expectXml } from './notebook.js';

/** One white pixel. */
const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mP8/x8AAwMCAO+ip1sAAAAASUVORK5CYII=';

const program = `import sys
from IPython.display import Image, display
print("out 🎉")
print("err", file=sys.stderr)
display(Image(data=__import__("base64").b64decode("${png}")))
display("shown", display_id="d")
6 * 7
`;

describe('run --json', () => {
  test('prints the events of the contract and nothing else', async () => {
    const playground = new Playground({ 'a&b <c>.py': program });
    const { code, stdout, stderr } = await playground.run([
      ...['run', 'a&b <c>.py', '--json', '--rate', '100', '--save', 'new/nb.ipynb', '--timeline', 't.svg'],
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = expectRunLines(jsonLines(stdout));

    expect(
      ofType(lines, 'token')
        .map(({ text }) => text)
        .join(''),
    ).toBe(program);
    expect(endOf(lines)).toMatchObject({ status: 'ok', statements: 7 });
    // 100 tokens a second, the first at 10 ms.
    expect(endOf(lines).generationMs).toBeGreaterThan(ofType(lines, 'token').length * 10 - 20);
    const outputs = ofType(lines, 'output').map(({ chunk, output }) => [chunk, output]);
    expect(outputs).toEqual([
      [2, { output_type: 'stream', name: 'stdout', text: 'out 🎉\n' }],
      [3, { output_type: 'stream', name: 'stderr', text: 'err\n' }],
      [
        4,
        {
          output_type: 'display_data',
          data: expect.objectContaining({ 'image/png': expect.any(String) }),
          metadata: {},
        },
      ],
      [5, { output_type: 'display_data', data: { 'text/plain': "'shown'" }, metadata: {} }],
      [6, { output_type: 'execute_result', data: { 'text/plain': '42' }, metadata: {}, execution_count: 1 }],
    ]);

    // Which display it is that an update can name is no part of an nbformat output.
    expect(ofType(lines, 'output')[3]).toMatchObject({ displayId: 'd' });

    const notebook = JSON.parse(readFileSync(playground.path('new/nb.ipynb'), 'utf8'));
    expectValidNotebook(notebook);
    expect(notebook.cells).toHaveLength(1);
    expect(notebook.cells[0].source.join('')).toBe(program);
    expect(notebook.cells[0].outputs).toEqual(outputs.map(([, output]) => output));
    expectXml(readFileSync(playground.path('t.svg'), 'utf8'));
    expect(playground.leftovers()).toEqual(nothing);
  });

  test('--serial runs the program as one piece', async () => {
    const { code, stdout } = await new Playground({ 'p.py': program }).run([
      'run',
      'p.py',
      '--json',
      '--serial',
    ]);
    expect(code).toBe(0);
    const lines = jsonLines(stdout);
    const types = lines.map(({ type }) => type);
    expect(types.filter((type) => type === 'started' || type === 'finished' || type === 'batch')).toEqual([
      ...['batch', 'started', 'finished'],
    ]);
    expect(types.lastIndexOf('token')).toBeLessThan(types.indexOf('batch'));
    expect(lines.at(-1)).toMatchObject({ type: 'end', status: 'ok', statements: 7, batches: 1 });
  });

  test('a recording keeps its own timing, and its fenced code is the program', async () => {
    const tokens = [
      [300, 'Here:\n``'],
      [400, '`python\nprint('],
      [700, '"a")\n```\nand\n~~~py\nprint("b")\n'],
      [900, '~~~\nDone.'],
    ];
    const recording = [
      { type: 'recording', version: 1, model: 'by hand', ttftMs: 300 },
      ...tokens.map(([atMs, text]) => ({ atMs, text })),
    ];
    const file = recording.map((line) => `${JSON.stringify(line)}\n`).join('');
    const { code, stdout } = await new Playground({ 'r.ndjson': file }).run([
      ...['run', 'r.ndjson', '--json', '--rate', '1'],
    ]);
    expect(code).toBe(0);
    const lines = expectRunLines(jsonLines(stdout));
    const arrivals = ofType(lines, 'token');
    expect(arrivals.map(({ text }) => text).join('')).toBe('print("a")\nprint("b")\n');
    expect(arrivals[0]?.at).toBeGreaterThanOrEqual(400);
    expect(endOf(lines).generationMs).toBeGreaterThanOrEqual(700);
    expect(endOf(lines).generationMs).toBeLessThan(5000);
    const printed = ofType(lines, 'output').map(({ output }) => (output as { text: string }).text);
    expect(printed.join('')).toBe('a\nb\n');
  });

  test('a Python error is an event, and the program stops there', async () => {
    const source = 'print(1)\nprint(2)\nx = = 3\nprint(4)\n';
    const { code, stdout, stderr } = await new Playground({ 'p.py': source }).run(['run', 'p.py', '--json']);
    expect({ code, stderr }).toEqual({ code: 3, stderr: '' });
    const lines = expectRunLines(jsonLines(stdout));
    expect(ofType(lines, 'error')).toMatchObject([
      {
        ename: 'SyntaxError',
        evalue: expect.stringContaining('invalid syntax'),
        chunk: 2,
        line: 3,
        alreadyRan: 2,
      },
    ]);
    expect(ofType(lines, 'finished').map(({ status }) => status)).toEqual(['ok', 'ok', 'error']);
    expect(endOf(lines)).toMatchObject({ status: 'error', statements: 4 });
  });
});

describe('run', () => {
  test('without --json, stdout is what the program prints, and no escape codes are written to a pipe', async () => {
    const playground = new Playground({ 'p.py': `${program}1 / 0\n` });
    const run = await playground.run(['run', 'p.py', '--timeline', 't.html', '--save', 'nb.ipynb']);
    expect(run.code).toBe(3);
    expect(run.stdout).toBe("out 🎉\n[image/png 1×1, 68 bytes]\n'shown'\n");
    expect(run.stderr).toContain('err\n');
    expect(run.stderr).toContain('ZeroDivisionError: division by zero');
    expect(run.stderr).toMatch(/line 8 +failed after/);
    expect(run.stdout + run.stderr).not.toContain('\x1b');
    const page = readFileSync(playground.path('t.html'), 'utf8');
    expect(page).toMatch(/^<!doctype html>\n<html lang="en">[\s\S]*<\/html>\n$/);
    expectXml(page.slice(page.indexOf('<svg'), page.indexOf('</svg>') + '</svg>'.length));
    const notebook = JSON.parse(readFileSync(playground.path('nb.ipynb'), 'utf8'));
    expectValidNotebook(notebook);
    expect(notebook.cells[0].outputs.at(-1)).toMatchObject({
      output_type: 'error',
      ename: 'ZeroDivisionError',
    });
  });

  test('standard input runs while it is still being written', async () => {
    const run = new Playground().start(['run', '-'], { input: 'open' });
    for (const word of ['one', 'two', 'three']) {
      run.write(`print("${word}")\n`);
      await run.stdoutHolds(`${word}\n`); // The next line is written only now.
    }
    run.write('for i in range(2):\n    print("i", i)\n');
    run.endInput();
    expect(await run.finished).toMatchObject({ code: 0, stdout: 'one\ntwo\nthree\ni 0\ni 1\n' });
  });

  test('- is the default, and --markdown takes the code out of its fences', async () => {
    const input =
      '# Plan\n\n```python\nx = 1\n```\n\n1. then\n\n   ```py\n   print(x)\n   ```\n\n```\nprint("end")\n';
    const run = await new Playground().run(['run', '--markdown'], { input });
    expect(run).toMatchObject({ code: 0, stdout: '1\nend\n' });
  });

  test('a file named .md is markdown', async () => {
    const file = 'Text.\n\n~~~~python\nprint("""\n~~~\n""")\n~~~~\nMore text, 1 + = 2.\n';
    expect(await new Playground({ 'a.md': file }).run(['run', 'a.md'])).toMatchObject({
      code: 0,
      stdout: '\n~~~\n\n',
    });
  });

  test('--stop-on-error ends the reading at the first error', async () => {
    const run = new Playground().start(['run', '-', '--stop-on-error', '--json'], { input: 'open' });
    run.write('1 / 0\n');
    // The input never ends.
    const { code, stdout } = await run.finished;
    expect(code).toBe(3);
    expect(endOf(expectRunLines(jsonLines(stdout)))).toMatchObject({ status: 'error' });
  });

  test('without it, the rest of the input is heard out and not run', async () => {
    const run = new Playground().start(['run', '-', '--json'], { input: 'open' });
    run.write('1 / 0\n');
    await run.stdoutHolds('"type":"error"');
    run.write('print("never")\n');
    run.endInput();
    const { code, stdout } = await run.finished;
    expect(code).toBe(3);
    const lines = expectRunLines(jsonLines(stdout));
    expect(endOf(lines)).toMatchObject({ status: 'error', statements: 2 });
    expect(ofType(lines, 'output')).toHaveLength(1);
  });

  test('--timeout interrupts, and keeps what there was', async () => {
    const source = 'print("before")\nwhile True: pass\n';
    const playground = new Playground({ 'p.py': source });
    const run = await playground.run(['run', 'p.py', '--timeout', '8', '--json', '--save', 'nb.ipynb']);
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/^eager: Interrupting the program …\neager: .*8 s.*--timeout.*\n$/);
    const lines = expectRunLines(jsonLines(run.stdout));
    expect(endOf(lines)).toMatchObject({ status: 'interrupted' });
    expect(ofType(lines, 'output')[0]).toMatchObject({ output: { text: 'before\n' } });
    const notebook = JSON.parse(readFileSync(playground.path('nb.ipynb'), 'utf8'));
    expectValidNotebook(notebook);
    expect(notebook.cells[0].outputs[0]).toMatchObject({ name: 'stdout', text: 'before\n' });
    expect(playground.leftovers()).toEqual(nothing);
  });

  test('exit() ends the program, with the exit code 0 for a success and 3 for a failure', async () => {
    const good = await new Playground().run(['run'], { input: 'print(1)\nexit()\nprint(2)\n' });
    expect(good).toMatchObject({ code: 0, stdout: '1\n' });
    const bad = await new Playground().run(['run'], { input: 'import sys\nsys.exit(5)\nprint(2)\n' });
    expect(bad).toMatchObject({ code: 3, stdout: '' });
  });
});

describe('Python', () => {
  test('--no-setup fails when none has been prepared, and prepares none', async () => {
    const playground = new Playground();
    const cache = playground.path('cache');
    const env = { EAGER_PYTHON: undefined, EAGER_CACHE: cache };
    const run = await playground.run(['run', '-', '--no-setup', '--json'], { input: 'print(1)\n', env });
    expect(run).toMatchObject({ code: 1, stdout: '' });
    expect(run.stderr).toContain('eager setup');
    expect(run.stderr).toContain('--python');
    expect(existsSync(cache)).toBe(false);
  });

  test('setup says which Python is used', async () => {
    const { code, stdout, stderr } = await new Playground().run(['setup', '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(jsonLines(stdout)).toEqual([
      {
        v: 1,
        type: 'python',
        python: expect.any(String),
        version: expect.stringMatching(/^3\.\d+\.\d+/),
        ipykernel: expect.stringMatching(/^\d+\.\d+/),
        origin: 'user',
      },
    ]);
  });
});
