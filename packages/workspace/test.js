import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root, run, say } from './children.js';
import { testPythons } from './python.js';
import { tool } from './steps.js';

const PYTHON_SOURCES = 'packages/execution/python';

/**
 * Runs all tests, those of the Python driver first, so that vitest's summary comes last. With arguments, which are
 * vitest's, only vitest runs.
 *
 * @param {string[]} args
 */
export async function test(args) {
  const env = await testPythons();
  const driver = args.length === 0 ? await testDriver(env) : 0;
  if (driver !== 0) say(`The tests in ${PYTHON_SOURCES} failed (exit code ${driver}), see above.`);
  const vitest = await tool('vitest', 'vitest', ['run', '--config', 'test/vitest.config.ts', ...args], {
    env,
  });
  return vitest || driver;
}

/**
 * Runs the notebooks as the tests do, and keeps their outputs. Arguments are vitest's: `-t reading` runs one of them.
 *
 * @param {string[]} args
 */
export async function writeNotebooks(args) {
  const env = { ...(await testPythons()), EAGER_NOTEBOOKS: 'write' };
  const options = ['run', '--config', 'test/vitest.config.ts', 'test/notebooks.test.ts', ...args];
  return tool('vitest', 'vitest', options, { env });
}

/** @param {NodeJS.ProcessEnv} env */
async function testDriver(env) {
  const tests = readdirSync(join(root, PYTHON_SOURCES)).filter((name) => /^test_.*\.py$/.test(name));
  if (tests.length === 0) return 0;
  const python = env.EAGER_PYTHON ?? 'python3';
  return run(python, ['-m', 'pytest', '-q', '-p', 'no:cacheprovider', PYTHON_SOURCES], { env });
}
