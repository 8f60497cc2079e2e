import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { interrupted, root, run, say } from './children.js';
import { toolPython } from './python.js';
import { tool } from './steps.js';

/** Runs every check, also after one has failed, and ends with the list of those that did. */
export async function lint() {
  const python = await toolPython();
  /** @type {[string, () => Promise<number>][]} */
  const checks = [
    ['types of the tests', () => tool('typescript', 'tsc', ['-p', 'test'])],
    ['types of the scripts', () => tool('typescript', 'tsc', ['-p', 'packages/workspace'])],
    ['biome', () => tool('@biomejs/biome', 'biome', ['check', '--error-on-warnings'])],
    ['knip', () => tool('knip', 'knip', ['--config', '.knip.json'])],
    ...publishedPackages().map((name) => publint(name)),
    ['typedoc', () => reference('none')],
    ['ruff check', () => run(python, ['-m', 'ruff', 'check'])],
    ['ruff format', () => run(python, ['-m', 'ruff', 'format', '--check'])],
  ];
  const failed = [];
  for (const [name, check] of checks) {
    say(name);
    if ((await check()) !== 0) failed.push(name);
    if (interrupted.aborted) return 1;
  }
  say(failed.length === 0 ? `All ${checks.length} checks passed.` : `Failed: ${failed.join(', ')}.`);
  return failed.length === 0 ? 0 : 1;
}

/**
 * Makes the reference of the packages' interfaces from their doc comments. Any warning is a failure: a broken link, or a
 * type that is used by an interface and not exported.
 *
 * @param {'none' | 'html'} [output] `none` only checks.
 */
export function reference(output = 'html') {
  return tool('typedoc', 'typedoc', [
    '--options',
    '.typedoc.json',
    '--emit',
    output === 'html' ? 'docs' : 'none',
  ]);
}

/**
 * @param {string} name
 * @returns {[string, () => Promise<number>]}
 */
function publint(name) {
  // npm's idea of a package's files; pnpm's would need a pnpm on PATH.
  return [
    `publint ${name}`,
    () => tool('publint', 'publint', [`packages/${name}`, '--strict', '--pack', 'npm']),
  ];
}

function publishedPackages() {
  const packages = readdirSync(join(root, 'packages'), { withFileTypes: true });
  return packages
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .filter(
      (name) => !JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')).private,
    );
}
