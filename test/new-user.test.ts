import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';

/**
 * What a new user gets: a clone, and `npm start` and `npm test` in it, with an empty home folder and so without any
 * cache. It installs the workspace and builds Python environments, which takes minutes and some hundred megabytes, so
 * it runs only when asked to. It sees the last commit, not what is changed since.
 *
 *     EAGER_NEW_USER=1 npm test -- test/new-user.test.ts
 */
describe.skipIf(!process.env.EAGER_NEW_USER)('a new user', { timeout: 20 * 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'eager-new-user-'));
  const clone = join(folder, 'eager');
  const env = newUsersEnvironment(join(folder, 'home'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('clones the repository', () => {
    const repository = fileURLToPath(new URL('..', import.meta.url));
    const { status, stderr } = spawnSync('git', ['clone', '--quiet', repository, clone], {
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  test('sees the demo by npm start, after an installation', async () => {
    const { code, stdout, stderr } = await npm(['start', '--silent']);
    expect(code, stderr).toBe(0);
    expectDemo(stdout);
    expect(stderr).toContain('Preparing Python');
  });

  test('sees it again, without one', async () => {
    const { code, stdout, stderr } = await npm(['start', '--silent']);
    expect(code, stderr).toBe(0);
    expectDemo(stdout);
    expect(stderr).not.toMatch(/Installing|Preparing/);
  });

  test('runs tests by npm test', async () => {
    const { code, stdout, stderr } = await npm(['test', '--', 'packages/latency', 'test/cli/run.test.ts']);
    expect(code, stdout + stderr).toBe(0);
    expect(stdout).toMatch(/Tests .*passed/);
  });

  test('has a clean clone after that', () => {
    const { stdout } = spawnSync('git', ['status', '--porcelain'], { cwd: clone, encoding: 'utf8' });
    expect(stdout).toBe('');
  });

  function expectDemo(stdout: string): void {
    expect(stdout).toContain('outputs equal');
    for (const file of ['figure-1.png', 'timeline.svg']) {
      const path = join('.eager', 'demo', file);
      expect(stdout).toContain(path);
      expect(existsSync(join(clone, path)), path).toBe(true);
    }
  }

  /** Says how long it took, which is what one wants to know of it and nothing that can be asserted. */
  async function npm(args: readonly string[]) {
    const startedAtMs = performance.now();
    const result = await new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
      const child = spawn('npm', args, { cwd: clone, env, stdio: ['ignore', 'pipe', 'pipe'] });
      const text = { stdout: '', stderr: '' };
      for (const name of ['stdout', 'stderr'] as const) {
        child[name].setEncoding('utf8').on('data', (piece: string) => {
          text[name] += piece;
        });
      }
      child.once('close', (code) => resolve({ code, ...text }));
    });
    console.info(`npm ${args.join(' ')}: ${((performance.now() - startedAtMs) / 1000).toFixed(1)} s`);
    return result;
  }
});

/** Ours without its home folder, caches, and the settings of the npm and the tests that run us; the network's stay. */
function newUsersEnvironment(home: string): NodeJS.ProcessEnv {
  const ours = /^(EAGER_|XDG_|VITE|NODE_ENV|NODE_OPTIONS|VIRTUAL_ENV|CI$|npm_(?!config_registry))/;
  const kept = Object.entries(process.env).filter(([name]) => !ours.test(name));
  return { ...Object.fromEntries(kept), HOME: home };
}
