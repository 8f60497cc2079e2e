import { interrupted, say } from './children.js';

/**
 * The environment variables that name the tests' interpreters: `EAGER_PYTHON`, and `EAGER_PYTHON_6` for the oldest
 * supported ipykernel. When `EAGER_PYTHON` is set, the choice is the caller's and nothing is prepared.
 *
 * @returns {Promise<NodeJS.ProcessEnv>}
 */
export async function testPythons() {
  if (process.env.EAGER_PYTHON) return process.env;
  const { OLDEST_TEST_PACKAGES, TEST_PACKAGES } = await library();
  return {
    ...process.env,
    EAGER_PYTHON: await prepare(TEST_PACKAGES),
    EAGER_PYTHON_6: process.env.EAGER_PYTHON_6 || (await prepare(OLDEST_TEST_PACKAGES)),
  };
}

/** An interpreter that has the tools for our own Python, whatever `EAGER_PYTHON` says. */
export async function toolPython() {
  const { TEST_PACKAGES } = await library();
  return prepare(TEST_PACKAGES);
}

/** @param {readonly string[]} packages */
async function prepare(packages) {
  const { preparePython } = await library();
  const { EAGER_PYTHON: _, ...env } = process.env;
  const { python } = await preparePython({ packages, env, onProgress: say, signal: interrupted });
  return python;
}

/** Loaded late, because it has to be built first. */
function library() {
  return import('../cli/dist/python/index.js');
}
