import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TcpProxy } from '../../packages/bench/src/tcp-proxy.js';
import { JupyterServer } from '../remote/jupyter-server.js';
import { jsonLines, Playground } from './eager.js';
import { endOf, expectRunLines, ofType } from './events.js';
import { expectValidNotebook } from './notebook.js';

let server: JupyterServer;
beforeAll(async () => {
  server = await JupyterServer.start();
});
afterAll(() => server?.[Symbol.asyncDispose]());

const program = 'x = 6\nprint(x * 7)\nx\n';
/** No token of the person who runs the tests. */
const env = { EAGER_TOKEN: undefined, JUPYTER_TOKEN: undefined };

describe('run --server', () => {
  test('runs the program there, and saves it with the version of the Python there', async () => {
    const playground = new Playground({ 'p.py': program, token: `${server.token}\n` });
    const { code, stdout, stderr } = await playground.run(
      [...['run', 'p.py', '--server', server.url, '--token-file', 'token', '--json', '--save', 'nb.ipynb']],
      { env },
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = expectRunLines(jsonLines(stdout));
    expect(endOf(lines)).toMatchObject({ status: 'ok', statements: 3 });
    expect(ofType(lines, 'output').map(({ output }) => output)).toEqual([
      { output_type: 'stream', name: 'stdout', text: '42\n' },
      expect.objectContaining({ output_type: 'execute_result', data: { 'text/plain': '6' } }),
    ]);
    const notebook = JSON.parse(readFileSync(playground.path('nb.ipynb'), 'utf8'));
    expectValidNotebook(notebook);
    expect(notebook.metadata.language_info.version).toMatch(/^3\.\d+\.\d+/);
    expect(await server.api('GET', 'kernels')).toEqual([]);
  });

  test('says on stderr that the connection broke and was mended', async () => {
    await using proxy = await TcpProxy.start(server.port);
    const running = new Playground().start(['run', '-', '--server', `http://127.0.0.1:${proxy.port}/`], {
      env: { ...env, EAGER_TOKEN: server.token },
      input: 'open',
    });
    running.write('print("begun")\nx = 1\n');
    await running.stdoutHolds('begun');
    proxy.cut();
    await running.stderrHolds('Connected again after');
    running.write('print("done")\n');
    running.endInput();
    const { code, stdout, stderr } = await running.finished;
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'begun\ndone\n' });
    expect(stderr).toMatch(
      /The connection to the kernel broke \(.+\)\. The program goes on; connecting again …/,
    );
  });

  test('shows the token neither in the list of processes nor in messages', async () => {
    const token = 'a-token-that-is-wrong';
    const playground = new Playground();
    const running = playground.start(['run', '-', '--server', server.url, '--token', server.token], {
      env,
      input: 'open',
    });
    running.write('print("begun")\nx = 1\n');
    await running.stdoutHolds('begun');
    expect(execFileSync('ps', ['-A', '-ww', '-o', 'args='], { encoding: 'utf8' })).not.toContain(
      server.token,
    );
    running.endInput();
    expect((await running.finished).code).toBe(0);
    const { code, stdout, stderr } = await playground.run(
      ['kernels', '--server', server.url, '--token', token],
      { env },
    );
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^eager: .* refused the token \(403\)\. Give one that is valid there/);
    expect(stderr).not.toContain(token);
  });
});

test('compare --server uses two new kernels of the server', async () => {
  const { code, stdout } = await new Playground({ 'p.py': program }).run(
    [...['compare', 'p.py', '--server', server.url, '--kernel', 'python3', '--rate', '1000', '--json']],
    { env: { ...env, JUPYTER_TOKEN: server.token } },
  );
  expect(code).toBe(0);
  expect(jsonLines(stdout).at(-1)).toMatchObject({ type: 'comparison', equal: true });
  expect(await server.api('GET', 'kernels')).toEqual([]);
});

test('kernels shows what runs on the server and what can be started, and run --session uses it', async () => {
  const session = await server.api<{ id: string; kernel: { id: string } }>('POST', 'sessions', {
    ...{ path: 'nb.ipynb', type: 'notebook', name: 'nb', kernel: { name: 'python3' } },
  });
  const access = ['--server', server.url, '--token', server.token];
  const playground = new Playground({ 'p.py': 'print("hello")\n' });
  const table = await playground.run(['kernels', ...access], { env });
  expect(table).toMatchObject({ code: 0, stderr: '' });
  expect(table.stdout).toMatch(new RegExp(`${session.kernel.id} +python3 +\\w+ +0 +20\\S+ +nb\\.ipynb`));
  expect(table.stdout).toMatch(/python3 \(default\) +python +Python 3/);
  const lines = jsonLines((await playground.run(['kernels', ...access, '--json'], { env })).stdout);
  expect(lines).toEqual([
    expect.objectContaining({
      v: 1,
      type: 'kernel',
      id: session.kernel.id,
      connections: 0,
      notebook: 'nb.ipynb',
    }),
    expect.objectContaining({ v: 1, type: 'kernelspec', name: 'python3', isDefault: true }),
  ]);
  for (const choice of [
    ['--session', 'nb.ipynb'],
    ['--kernel', session.kernel.id],
  ]) {
    const run = await playground.run(['run', 'p.py', ...access, ...choice], { env });
    expect(run).toMatchObject({ code: 0, stdout: 'hello\n' });
  }
  expect(await server.api('GET', 'kernels')).toMatchObject([{ id: session.kernel.id }]);
  await server.api('DELETE', `sessions/${session.id}`);
});

describe('wrong usage ends with exit code 2 before anything is connected to', () => {
  const id = '00000000-0000-4000-8000-000000000000';
  test.each<[string, string[], RegExp]>([
    [
      'a flag without a server',
      ['run', 'p.py', '--kernel', 'x'],
      /--kernel says something about a Jupyter server\. Name it/,
    ],
    [
      'Python and a server',
      ['run', 'p.py', '--server', 'h', '--python', 'x'],
      /--python starts a kernel here/,
    ],
    [
      'two ways in',
      ['run', 'p.py', '--server', 'h', '--token', 'x', '--token-file', 'y'],
      /--token and --token-file are/,
    ],
    [
      'two kernels',
      ['run', 'p.py', '--server', 'h', '--kernel', 'x', '--session', 'y'],
      /--kernel and --session both/,
    ],
    [
      'a header that is none',
      ['run', 'p.py', '--server', 'h', '--header', 'secret'],
      /--header: give it like this/,
    ],
    [
      'a file that is not there',
      ['kernels', '--server', 'h', '--ca', 'no.pem'],
      /--ca no\.pem cannot be read: ENOENT/,
    ],
    [
      'a comparison on one kernel',
      ['compare', 'p.py', '--server', 'h', '--kernel', id],
      /needs two new kernels/,
    ],
    ['no server', ['kernels'], /Name a Jupyter server/],
  ])('%s', async (_name, args, message) => {
    const { code, stdout, stderr } = await new Playground({ 'p.py': program }).run(args, { env });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('secret');
  });
});
