import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, run, say } from './children.js';

/**
 * Installs what the lockfile lists, unless that is installed.
 *
 * @returns {Promise<number>} An exit code.
 */
export async function install() {
  // pnpm writes this copy when an install has succeeded.
  if (read('pnpm-lock.yaml') === read('node_modules/.pnpm/lock.yaml')) return 0;
  const { packageManager } = JSON.parse(read('package.json') ?? '');
  // Fetched by npx, because corepack is absent from some installations of Node and fails in others.
  const pnpm = packageManager.split('+')[0];
  say(`Installing dependencies with ${pnpm} …`);
  const args = ['--yes', pnpm, 'install', '--frozen-lockfile', '--reporter=append-only'];
  return run('npx', args, { toStderr: true, shell: process.platform === 'win32' });
}

/**
 * Builds what has changed. Takes a third of a second when nothing has.
 *
 * @returns {Promise<number>} An exit code.
 */
export async function build() {
  const embedded = await node('packages/execution/embed-driver.js', []);
  return embedded || tool('typescript', 'tsc', ['-b', 'packages'], { toStderr: true, title: 'Building' });
}

/**
 * Runs a script of the workspace.
 *
 * @param {string} script
 * @param {readonly string[]} args
 */
export function node(script, args) {
  return run(process.execPath, [script, ...args]);
}

/**
 * Runs a tool that is written in JavaScript, without a shell in between that would take the signals.
 *
 * @param {string} packageName
 * @param {string} command
 * @param {readonly string[]} args
 * @param {Parameters<typeof run>[2]} [options]
 */
export function tool(packageName, command, args, options) {
  const directory = join('node_modules', packageName);
  /** @type {{ bin: string | Record<string, string> }} */
  const { bin } = JSON.parse(read(join(directory, 'package.json')) ?? '');
  const script = typeof bin === 'string' ? bin : bin[command];
  if (script === undefined) throw new Error(`${packageName} has no command ${command}.`);
  return run(process.execPath, [join(directory, script), ...args], options);
}

/** @param {string} path */
function read(path) {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    return undefined;
  }
}
