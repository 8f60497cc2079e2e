import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { jsonLines, nothing, Playground } from './eager.js';
import { endOf, expectRunLines, ofType } from './events.js';

const bytes = (text: string) => Buffer.from(text, 'latin1');
const header = '{"type":"recording","version":1,"model":"m","ttftMs":0}\n';

/** No kernel is started for these, so that many fit into one test. Each is a file, arguments, exit code, message. */
describe('what is refused before anything runs', () => {
  test('a program that cannot be read', { timeout: 120_000 }, async () => {
    const playground = new Playground({
      'bytes.py': bytes('x = 1\ns = "\xff"\n'),
      'cut.py': bytes('s = "\xc3'),
      'zero.py': bytes('x = 1\n\0'),
      'image.png': bytes('\x89PNG\r\n\x1a\n\0\0\0\rIHDR'),
      'token.ndjson': `${header}{"atMs":1,"text":"x"}\n{"atMs":"soon","text":"x"}\n`,
      'json.ndjson': `${header}{"atMs":1,\n`,
      'version.ndjson': '{"type":"recording","version":9}\n',
    });
    mkdirSync(playground.path('folder'));
    const cases: [file: string, message: RegExp][] = [
      ['missing.py', /no file missing\.py/],
      ['folder', /folder is a folder/],
      ['bytes.py', /bytes\.py is not valid UTF-8.*byte offset 11/],
      ['cut.py', /cut\.py is not valid UTF-8.*byte offset 5/],
      ['zero.py', /zero\.py is a binary file: its byte 6 is zero/],
      ['image.png', /image\.png is a binary file/],
      ['token.ndjson', /token\.ndjson: Recording, line 3: "atMs" is "soon"/],
      ['json.ndjson', /json\.ndjson: Recording, line 2: /],
      ['version.ndjson', /version\.ndjson: Recording, line 1: "version" is 9/],
    ];
    for (const [file, message] of cases) {
      for (const command of ['run', 'compare']) await refuses([command, file, '--json'], message);
      if (!file.endsWith('.ndjson')) await refuses(['segment', file, '--json'], message);
    }
    await refuses(['segment', '-'], /^eager: Standard input is not valid UTF-8.*byte offset 11/, {
      input: bytes('x = 1\ns = "\xff"\n'),
    });

    async function refuses(args: string[], message: RegExp, options = {}) {
      const run = await playground.run(args, options);
      expect(run, args.join(' ')).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(message) });
      expect(run.stderr).toMatch(/^eager: .*\n$/);
    }
  });

  test('wrong usage, with exit code 2', async () => {
    const playground = new Playground({ 'p.py': 'print(1)\n' });
    const cases: [args: string[], message: RegExp][] = [
      [['run', 'p.py', '--rate', '0'], /--rate.*'0'.*greater than 0/],
      [['run', 'p.py', '--rate', '-5'], /--rate.*greater than 0/],
      [['run', 'p.py', '--rate', 'x'], /--rate.*'x'.*greater than 0/],
      [['run', 'p.py', '--rate'], /--rate.*argument missing/],
      [['run', 'p.py', '--timeout', '0'], /--timeout.*greater than 0/],
      [['run', 'p.py', '--nonsense'], /unknown option '--nonsense'/],
      [['run', 'p.py', 'q.py'], /too many arguments/],
      [['run', 'p.py', '--save', 'x.txt'], /--save x\.txt.*\.ipynb/],
      [['run', 'p.py', '--timeline', 'x.png'], /--timeline x\.png.*\.svg or \.html/],
      [['compare', '-'], /needs a file/],
      [['compare'], /missing required argument 'file'/],
      [['segment'], /missing required argument 'file'/],
      [['segment', 'p.py', '--tokens', 'random:'], /random:SEED/],
      [['segment', 'p.py', '--tokens', 'words'], /whole, chars, or random:SEED/],
      [['nonsense'], /unknown command 'nonsense'/],
      [[], /Usage: eager/],
    ];
    for (const [args, message] of cases) {
      expect(await playground.run(args), args.join(' ')).toEqual({
        code: 2,
        stdout: '',
        stderr: expect.stringMatching(message),
      });
    }
    for (const args of [['--help'], ['run', '--help'], ['--version']]) {
      expect(await playground.run(args), args.join(' ')).toMatchObject({ code: 0, stderr: '' });
    }
  });

  test('options that contradict each other, with exit code 2 and what to do', {
    timeout: 120_000,
  }, async () => {
    const playground = new Playground({ 'p.py': 'print(1)\n' });
    const launch = ['--launch', 'kernel -f {connection_file}'];
    const server = ['--server', 'http://127.0.0.1:9/'];
    const cases: [options: string[], message: string][] = [
      [['--sandbox', ...launch], '--sandbox and --launch both say how the kernel is started. Choose one.'],
      [
        ['--sandbox', '--preload', 'json'],
        '--sandbox and --preload both say how the kernel is started. Choose one.',
      ],
      [
        ['--preload', 'json', ...launch],
        '--launch and --preload both say how the kernel is started. Choose one.',
      ],
      [
        [...server, '--sandbox'],
        '--sandbox is for a kernel that is started here, --server uses one elsewhere. Choose one.',
      ],
      [
        [...server, ...launch],
        '--launch is for a kernel that is started here, --server uses one elsewhere. Choose one.',
      ],
      [
        [...server, '--preload', 'json'],
        '--preload is for a kernel that is started here, --server uses one elsewhere. Choose one.',
      ],
      [
        [...server, '--memory', '100'],
        '--memory is for a kernel that is started here, --server uses one elsewhere. Choose one.',
      ],
      [
        [...server, '--python', 'python3'],
        '--python starts a kernel here, --server uses one elsewhere. Choose one.',
      ],
      [['--writable'], '--writable says something about a sandbox. Ask for one with --sandbox.'],
      [['--memory', '100'], '--memory says something about a sandbox. Ask for one with --sandbox.'],
      [['--cpu', '9', ...launch], '--cpu says something about a sandbox. Ask for one with --sandbox.'],
      [
        [...launch, '--python', 'python3'],
        '--python has no place in the --launch command. Write {python} there, or leave --python out.',
      ],
      [['--token', 'x'], '--token says something about a Jupyter server. Name it with --server URL.'],
      [
        ['--session', 'nb.ipynb', '--sandbox'],
        '--session says something about a Jupyter server. Name it with --server URL.',
      ],
      [
        [...server, '--token-file', 'x', '--password-file', 'y'],
        '--token-file and --password-file are several ways to enter. Choose one.',
      ],
      [
        [...server, '--kernel', 'python3', '--session', 'nb.ipynb'],
        '--kernel and --session both choose the kernel. Choose one.',
      ],
    ];
    for (const [index, [options, message]] of cases.entries()) {
      const args = [['run', 'compare', 'ask'][index % 3] ?? '', 'p.py', ...options];
      const stderr = `eager: ${message}\n`;
      expect(await playground.run(args), args.join(' ')).toEqual({ code: 2, stdout: '', stderr });
    }
    const wrongValues: [options: string[], message: RegExp][] = [
      [['--launch', 'kernel'], /must say \{connection_file\}, or the kernel would not know where to listen/],
      [['--launch', "kernel '{folder}"], /has a quotation mark without an end/],
      [['--launch', ' '], /It is empty/],
      [['--preload', 'json,a b'], /"a b" is not the name of a Python module/],
      [['--sandbox', '--memory', '0'], /--memory.*must be a whole number greater than 0/],
      [['--sandbox', '--cpu', '1.5'], /--cpu.*must be a whole number greater than 0/],
    ];
    for (const [options, message] of wrongValues) {
      const refused = { code: 2, stdout: '', stderr: expect.stringMatching(message) };
      expect(await playground.run(['run', 'p.py', ...options]), options.join(' ')).toEqual(refused);
    }
    expect(playground.leftovers()).toEqual(nothing);
  });

  test('a Python that cannot be used', async () => {
    const playground = new Playground({
      'p.py': 'print(1)\n',
      'true.sh': '#!/bin/sh\n',
      'false.sh': '#!/bin/sh\necho something is wrong >&2\nexit 1\n',
      'plain.txt': 'no program\n',
      // An interpreter as ours, without ipykernel: the answer that the command asks an interpreter for.
      'bare.sh': `#!/bin/sh\necho '{"executable": "/usr/bin/python3", "version": "3.12.1", "packages": {"ipykernel": null}, "modules": []}'\n`,
      'old.sh': `#!/bin/sh\necho '{"executable": "/usr/bin/python3", "version": "3.8.2"}'\n`,
    });
    for (const file of ['true.sh', 'false.sh', 'bare.sh', 'old.sh']) chmodSync(playground.path(file), 0o755);
    const cases: [python: string, message: RegExp][] = [
      ['./missing/python', /missing\/python cannot be used.*ENOENT/],
      ['./plain.txt', /plain\.txt cannot be used.*EACCES/],
      ['./true.sh', /true\.sh cannot be used as the Python interpreter: it is no Python/],
      ['./false.sh', /false\.sh cannot be used.*something is wrong/],
      ['./bare.sh', /bare\.sh lacks ipykernel[\s\S]*pip install/],
      ['./old.sh', /old\.sh is Python 3\.8\.2, but 3\.10 or newer is needed/],
    ];
    for (const [python, message] of cases) {
      const failure = { code: 1, stdout: '', stderr: expect.stringMatching(message) };
      expect(await playground.run(['run', 'p.py', '--json', '--python', python])).toEqual(failure);
    }
    const env = { EAGER_PYTHON: './true.sh' };
    expect(await playground.run(['compare', 'p.py'], { env })).toMatchObject({ code: 1 });
    expect(playground.leftovers()).toEqual(nothing);
  });

  test('a place where nothing can be saved', async () => {
    const playground = new Playground({ 'p.py': 'print(1)\n', file: '' });
    mkdirSync(playground.path('folder.ipynb'));
    const cases: [args: string[], message: RegExp][] = [
      [['run', 'p.py', '--save', 'folder.ipynb'], /folder\.ipynb cannot be written: it is a folder/],
      [['run', 'p.py', '--save', 'file/nb.ipynb'], /file\/nb\.ipynb cannot be written/],
      [['run', 'p.py', '--timeline', '/proc/none/t.svg'], /\/proc\/none\/t\.svg cannot be written/],
      [['compare', 'p.py', '--timeline', 'file/t.html'], /file\/t\.html cannot be written/],
    ];
    for (const [args, message] of cases) {
      expect(await playground.run(args), args.join(' ')).toEqual({
        code: 1,
        stdout: '',
        stderr: expect.stringMatching(message),
      });
    }
  });
});

describe('odd programs', () => {
  test.each([
    ['empty', ''],
    ['only comments', '# one\n\n  # two'],
    ['only blank lines', '\n \n\t\n'],
  ])('%s: nothing runs, and that is no failure', async (_, source) => {
    const playground = new Playground({ 'p.py': source });
    const run = await playground.run(['run', 'p.py', '--json']);
    expect({ code: run.code, stderr: run.stderr }).toEqual({ code: 0, stderr: '' });
    const lines = expectRunLines(jsonLines(run.stdout));
    expect(endOf(lines)).toMatchObject({ status: 'ok', statements: 0, batches: 0, executionMs: 0 });
    expect(ofType(lines, 'output')).toEqual([]);
  });

  test('empty, without --json: it says so', async () => {
    const run = await new Playground().run(['run', '-']);
    expect(run).toMatchObject({ code: 0, stdout: '', stderr: expect.stringContaining('no statements') });
  });

  test.each([
    ['an open bracket', 'print("before")\nx = (1,\n2,\n'],
    ['an open string', 'print("before")\nx = """\nabc\n'],
    ['an open block', 'print("before")\nif True:\n'],
    ['a line continued into nothing', 'print("before")\nx = 1 + \\\n'],
  ])('%s at the end: what came before has run', async (_, source) => {
    const run = await new Playground().run(['run', '-', '--json'], { input: source });
    expect({ code: run.code, stderr: run.stderr }).toEqual({ code: 3, stderr: '' });
    const lines = expectRunLines(jsonLines(run.stdout));
    expect(ofType(lines, 'output')[0]).toMatchObject({ output: { text: 'before\n' } });
    const ename = expect.stringMatching(/^(SyntaxError|IndentationError|_IncompleteInputError)$/);
    expect(ofType(lines, 'error')).toMatchObject([{ ename, chunk: 1, line: 2, alreadyRan: 1 }]);
  });

  test('standard input that turns invalid: what came before has run', async () => {
    const run = new Playground().start(['run', '-', '--json'], { input: 'open' });
    run.write('print("before")\n');
    await run.stdoutHolds('before\\n');
    run.write(bytes('print("\xff")\n'));
    const { code, stdout, stderr } = await run.finished;
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^eager: Standard input is not valid UTF-8.*byte offset 23/),
    });
    expect(endOf(expectRunLines(jsonLines(stdout)))).toMatchObject({ status: 'aborted' });
  });

  test('a byte order mark does no harm', async () => {
    const input = '\uFEFFprint(1)\n';
    const playground = new Playground({ 'p.py': input });
    expect(await playground.run(['run', 'p.py'])).toMatchObject({ code: 0, stdout: '1\n' });
    expect(await playground.run(['run', '-'], { input })).toMatchObject({ code: 0, stdout: '1\n' });
  });

  test('input() without a terminal raises in the program', async () => {
    const source = 'name = input("Name? ")\n';
    const run = await new Playground({ 'p.py': source }).run(['run', 'p.py']);
    expect(run).toMatchObject({ code: 3, stdout: '' });
    expect(run.stderr).toContain('The program asked for input');
  });

  test('a kernel that dies under the program', async () => {
    const source = 'import os\nprint("before", flush=True)\nos.kill(os.getpid(), 9)\nprint("never")\n';
    const playground = new Playground({ 'p.py': source });
    const run = await playground.run(['run', 'p.py', '--json', '--save', 'nb.ipynb']);
    expect({ code: run.code, stderr: run.stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^eager: The kernel was killed by SIGKILL.*\n$/),
    });
    expect(endOf(expectRunLines(jsonLines(run.stdout)))).toMatchObject({ status: 'aborted', statements: 4 });
    const compared = await playground.run(['compare', 'p.py', '--json']);
    expect(compared).toMatchObject({ code: 1, stderr: expect.stringContaining('SIGKILL') });
    expect(playground.leftovers()).toEqual(nothing);
  });

  test('a reader that leaves early is no error', async () => {
    const playground = new Playground({ 'p.py': 'print("first")\n'.repeat(3000) });
    const run = playground.start(['run', 'p.py']);
    await run.stdoutHolds('first\n');
    run.closeStdout();
    const { code, stderr } = await run.finished;
    expect(code).toBe(0);
    expect(stderr).not.toContain('EPIPE');
    expect(playground.leftovers()).toEqual(nothing);
  });

  test('5 MB', { timeout: 180_000 }, async () => {
    const playground = new Playground();
    const statement = `numbers = [${Array.from({ length: 600 }, (_, index) => index).join(', ')}]\n`;
    const source = `${statement.repeat(Math.ceil(5e6 / statement.length))}print(len(numbers))\n`;
    writeFileSync(playground.path('p.py'), source);
    const chunks = jsonLines((await playground.run(['segment', 'p.py', '--json'])).stdout);
    expect(chunks.at(-1)).toMatchObject({ to: source.length });
    const { code, stdout } = await playground.run(['run', 'p.py']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '600\n' });
  });
});
