import { chmod, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Interpreter, interpreterCommands, isRecent, probe } from './interpreter.js';
import { RUN_PACKAGES } from './packages.js';
import { type PrepareOptions, preparePython } from './prepare.js';
import { PythonSetupError, type SetupProblem } from './setup-error.js';
import { runSubprocess } from './subprocess.js';

const { EAGER_PYTHON: _, EAGER_CACHE: __, ...env } = process.env;
// Nothing listens on port 9, so an installer that asks an index finds none.
const offline = { PIP_INDEX_URL: 'http://127.0.0.1:9/', UV_DEFAULT_INDEX: 'http://127.0.0.1:9/' };

let directory: string;
let base: Interpreter;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'eager-prepare-'));
  base = await findPython();
});
afterAll(() => rm(directory, { recursive: true }));

// The scripts that stand for Python and uv are POSIX ones. Installers wait for the network.
describe.skipIf(process.platform === 'win32')('preparePython', { timeout: 180_000 }, () => {
  test('builds an environment, reuses it without an index or a Python on PATH, and repairs it', async () => {
    const cacheDir = join(directory, 'cache');
    const built = await prepare({ cacheDir });
    expect(built).toMatchObject({ origin: 'built', ipykernel: expect.stringMatching(/^[67]\./) });
    expect(built.lines[0]).toContain(`Preparing Python ${built.version}`);

    const nothing = { ...env, ...offline, PATH: await folder({}) };
    const again = await prepare({ cacheDir, env: nothing });
    expect(again).toMatchObject({ origin: 'cached', python: built.python, lines: [] });

    await rm(built.python);
    await symlink('/no/such/python', built.python);
    const repaired = await prepare({ cacheDir });
    expect(repaired).toMatchObject({ origin: 'built', python: built.python });
    expect(repaired.lines[0]).toContain('no longer works');
  });

  test('two at once replace an interrupted build by one environment', async () => {
    const cacheDir = join(directory, 'cache');
    const { python } = await prepare({ cacheDir });
    await rm(join(dirname(dirname(python)), 'eager.json'));
    const both = await Promise.all([prepare({ cacheDir }), prepare({ cacheDir })]);
    expect(both.map((one) => one.origin).sort()).toEqual(['built', 'cached']);
    expect(both.flatMap((one) => one.lines).filter((line) => line.includes('waiting'))).toHaveLength(1);
    expect(await readdir(cacheDir)).not.toContain('python.lock');
  });

  test('an abort ends the installer and leaves nothing', async () => {
    const cacheDir = join(directory, 'aborted');
    const pids = join(directory, 'uv-pids');
    const uv = `[ "$1" = --version ] && exit 0
      [ "$1" = venv ] && mkdir -p "$4" && exit 0
      sleep 1000 & echo $$ $! > ${pids}; wait`;
    const PATH = `${await folder({ uv, python3: `exec "${base.executable}" "$@"` })}:/usr/bin:/bin`;
    const controller = new AbortController();
    const onProgress = async (line: string) => {
      if (!line.startsWith('Installing')) return;
      while ((await readFile(pids, 'utf8').catch(() => '')) === '') await new Promise(setImmediate);
      controller.abort(new Error('enough'));
    };
    const aborted = preparePython({
      packages: RUN_PACKAGES,
      cacheDir,
      env: { ...env, PATH },
      onProgress,
      signal: controller.signal,
    });
    await expect(aborted).rejects.toThrow('enough');
    // An orphan that has ended keeps its process id until init collects it, which some do every few seconds.
    for (const pid of (await readFile(pids, 'utf8')).split(' ')) {
      await vi.waitFor(() => expect(() => process.kill(Number(pid), 0)).toThrow('ESRCH'), {
        timeout: 10_000,
      });
    }
    expect(await readdir(join(cacheDir, 'python'))).toEqual([]);
    expect(await readdir(cacheDir)).toEqual(['python']);
  });

  test('without an index the message says so, and nothing is left', async () => {
    const cacheDir = join(directory, 'offline');
    const PATH = await folder({ python3: `exec "${base.executable}" "$@"` });
    const problem = await problemOf({ cacheDir, env: { ...env, ...offline, PATH } });
    expect(problem).toMatchObject({ kind: 'install-failed', cause: 'network' });
    expect(await readdir(join(cacheDir, 'python'))).toEqual([]);
    expect(await readdir(cacheDir)).toEqual(['python']);
  });

  describe('what is on PATH', () => {
    const answers = (version: string, modules: readonly string[] = []) =>
      `echo '${JSON.stringify({ executable: `/fake/${version}`, version, modules })}'`;

    test.each<[string, Record<string, string>, SetupProblem['kind'], string]>([
      ['nothing', {}, 'no-python', 'No Python on PATH'],
      ['an old Python', { python3: answers('3.8.18') }, 'no-python', '/fake/3.8.18 is 3.8.18'],
      ['a shim for an absent version', { 'python3.12': 'exit 127' }, 'no-python', 'No Python on PATH'],
      ['no installer', { python3: answers('3.11.2', ['venv']) }, 'no-installer', '/fake/3.11.2'],
      [
        'an old python3 and a newer one without installer',
        { python3: answers('3.9.2', ['pip']), 'python3.12': answers('3.12.1') },
        'no-installer',
        '/fake/3.12.1',
      ],
    ])('%s', async (_name, commands, kind, text) => {
      const cacheDir = join(directory, 'unused');
      const options = { cacheDir, env: { ...env, PATH: await folder(commands) } };
      expect(await problemOf(options)).toMatchObject({ kind });
      await expect(prepare(options)).rejects.toThrow(text);
    });
  });

  describe('an interpreter of the user', () => {
    test('is taken as it was given, also from EAGER_PYTHON and by name', async () => {
      const PATH = await folder({
        mine: `echo '${JSON.stringify({ executable: '/fake', version: '3.12.1', packages: { ipykernel: '6.29.0' }, modules: ['ipykernel'] })}'`,
      });
      const mine = { python: join(PATH, 'mine'), version: '3.12.1', ipykernel: '6.29.0', origin: 'user' };
      expect(await prepare({ python: join(PATH, 'mine') })).toMatchObject(mine);
      expect(await prepare({ python: 'mine', env: { ...env, PATH } })).toMatchObject(mine);
      expect(await prepare({ env: { ...env, EAGER_PYTHON: join(PATH, 'mine') } })).toMatchObject(mine);
    });

    test('that lacks ipykernel is reported and left alone', async () => {
      const venv = join(directory, 'bare');
      await runSubprocess([base.executable, '-m', 'venv', '--without-pip', venv], { env });
      const python = join(venv, 'bin', 'python');
      const before = await readdir(venv, { recursive: true });
      expect(await problemOf({ python })).toMatchObject({
        kind: 'missing-packages',
        requirements: RUN_PACKAGES,
      });
      expect(await readdir(venv, { recursive: true })).toEqual(before);
    });

    test.each([
      ['too old', '3.9.18', {}, 'too-old'],
      ['with an old ipykernel', '3.11.2', { ipykernel: '6.17.1' }, 'missing-packages'],
    ])('%s', async (_name, version, packages, kind) => {
      const answer = JSON.stringify({ executable: '/fake', version, packages, modules: ['ipykernel'] });
      const python = join(await folder({ python3: `echo '${answer}'` }), 'python3');
      expect(await problemOf({ python })).toMatchObject({ kind });
    });

    test.each(['/no/such/python', 'no-such-python', tmpdir()])(
      'that cannot be started: %s',
      async (python) => {
        expect(await problemOf({ python })).toMatchObject({ kind: 'unusable', python });
      },
    );
  });
});

/** `preparePython` with the progress that it reported. */
async function prepare(options: Partial<PrepareOptions>) {
  const lines: string[] = [];
  const onProgress = (line: string) => void lines.push(line);
  return { ...(await preparePython({ packages: RUN_PACKAGES, env, ...options, onProgress })), lines };
}

async function problemOf(options: Partial<PrepareOptions>): Promise<SetupProblem | undefined> {
  const error: unknown = await prepare(options).catch((reason: unknown) => reason);
  return error instanceof PythonSetupError ? error.problem : undefined;
}

/** A folder of shell scripts, to stand for PATH. */
async function folder(scripts: Readonly<Record<string, string>>): Promise<string> {
  const path = await mkdtemp(join(directory, 'path-'));
  for (const [name, body] of Object.entries(scripts)) {
    await writeFile(join(path, name), `#!/bin/sh\n${body}\n`);
    await chmod(join(path, name), 0o755);
  }
  return path;
}

async function findPython(): Promise<Interpreter> {
  for (const command of interpreterCommands(process.platform)) {
    const interpreter = await probe(command, [], { env });
    if (!('failure' in interpreter) && isRecent(interpreter)) return interpreter;
  }
  throw new Error('These tests need Python 3.10 or newer on PATH.');
}
