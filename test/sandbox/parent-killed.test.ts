import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { processesOf } from '../processes.js';
import { python, pythons } from '../python.js';
import { whyNoSandbox } from './bubblewrap.js';

/** The built package, because Node runs no TypeScript. */
const library = new URL('../../packages/execution/dist/embedded/index.js', import.meta.url).href;

/** What kernels do when their parent is killed; each prints when it has begun. */
const PROGRAMS = {
  nothing: 'print("on", flush=True)',
  'Python code': 'print("on", flush=True)\nwhile True: pass',
  'C code that keeps everything else in Python from running':
    'import ctypes\nprint("on", flush=True)\nimport time; time.sleep(0.3)\nctypes.PyDLL(None).sleep(60)',
  'a process that it started':
    'import subprocess\nprint("on", flush=True)\nsubprocess.run(["sh", "-c", "trap \'\' TERM INT HUP; sleep 60 & sleep 60"])',
};

/** How it was started: options for `startEmbeddedKernel`, as code. */
const STARTS = {
  'the interpreter': '{}',
  'a fork server': '{ forkServer: new ForkServer({ python }) }',
  'a launch command': `{ launch: ['{python}', '-m', 'ipykernel_launcher', '-f', '{connection_file}'] }`,
  ...(whyNoSandbox() === undefined && { 'a sandbox': '{ sandbox: {} }' }),
};

describe.skipIf(process.platform !== 'linux')(
  'nothing is left five seconds after kill -9',
  { timeout: 90_000 },
  () => {
    /** The folder for what the processes make; its name tells which processes belong to the test. */
    let folder: string;
    let node: ChildProcess | undefined;

    beforeEach(() => {
      folder = realpathSync(mkdtempSync(join(tmpdir(), 'pk-')));
      mkdirSync(join(folder, 'tmp'));
      mkdirSync(join(folder, 'work'));
    });
    afterEach(() => {
      node?.kill('SIGKILL');
      for (const pid of processesOf(folder)) process.kill(pid, 'SIGKILL');
      rmSync(folder, { recursive: true });
    });

    /** Runs code of a Node process until it prints so many lines; then kills it, and expects all that it began to end. */
    async function expectNothingLeft(code: string, interpreter: string, lineCount = 1): Promise<void> {
      const program = `import { startEmbeddedKernel, ForkServer } from ${JSON.stringify(library)};
const python = ${JSON.stringify(interpreter)};
${code}`;
      node = spawn(process.execPath, ['--input-type=module', '-e', program], {
        cwd: join(folder, 'work'),
        env: { ...process.env, TMPDIR: join(folder, 'tmp') },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const lines = createInterface({ input: node.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
      for (let count = 0; count < lineCount; count++) await lines.next();
      const pids = processesOf(folder);
      expect(pids).toContain(node.pid);
      // The kernels and the process that watches over them, at least.
      expect(pids.length).toBeGreaterThanOrEqual(2 + lineCount);
      node.kill('SIGKILL');
      await vi.waitFor(
        () => {
          // Zombies, too, have an entry there.
          expect(pids.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
          expect(processesOf(folder)).toEqual([]);
          expect(readdirSync(join(folder, 'tmp'))).toEqual([]);
        },
        { timeout: 5000, interval: 50 },
      );
    }

    const cases = pythons.flatMap((interpreter) =>
      Object.entries(STARTS).map(([start, options]) => ({ interpreter, start, options })),
    );
    it.each(cases)('of kernels of $start on $interpreter, whatever they run', ({ interpreter, options }) =>
      expectNothingLeft(
        `const options = { python, ...${options} };
for (const code of ${JSON.stringify(Object.values(PROGRAMS))}) {
  void startEmbeddedKernel(options).then((kernel) => {
    const future = kernel.connection.requestExecute({ code });
    future.onIOPub = ({ header }) => header.msg_type === 'stream' && setTimeout(() => console.log('on'), 500);
  });
}`,
        interpreter,
        Object.keys(PROGRAMS).length,
      ),
    );

    it('of spare kernels', () =>
      expectNothingLeft(
        `const { KernelPool, embeddedKernel } = await import(new URL('../index.js', ${JSON.stringify(library)}));
const pool = new KernelPool({ places: [{ start: () => embeddedKernel({ python }), limit: 3 }], spares: 2 });
(await pool.acquire()).kernel.status$.subscribe((status) => status === 'idle' && console.log('on'));`,
        python,
      ));

    it('of kernels that have only begun to start', () =>
      expectNothingLeft(
        `for (let i = 0; i < 2; i++) void startEmbeddedKernel({ python });
setTimeout(() => console.log('on'), 50);`,
        python,
      ));
  },
);
