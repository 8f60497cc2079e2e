import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Aborts at the first Ctrl-C or SIGTERM. */
const interruption = new AbortController();
export const interrupted = interruption.signal;

/** @type {NodeJS.Signals | undefined} */
let stoppedBy;
let stoppedAtMs = 0;

/** @type {Set<import('node:child_process').ChildProcess>} */
const children = new Set();

/** npm passes on the Ctrl-C that the terminal has sent to it and to us: what comes so soon is the same key. */
const SAME_KEY_MS = 500;

/** A child that the terminal's Ctrl-C did not reach, or that ignored it, is asked by SIGTERM after this time. */
const ASK_AGAIN_MS = 3000;

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => stop(signal));

// npm runs us in a shell, and a shell that is ended by SIGTERM does not tell its child.
if (process.env.npm_lifecycle_event !== undefined) {
  const shell = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(watch);
    stop('SIGTERM');
  }, 500);
  watch.unref();
}

/**
 * Asks the children to end at the first signal, and ends them and ourselves at the second.
 *
 * @param {'SIGINT' | 'SIGTERM'} signal
 */
function stop(signal) {
  if (stoppedBy !== undefined) {
    if (performance.now() - stoppedAtMs < SAME_KEY_MS) return;
    for (const child of children) child.kill('SIGKILL');
    process.exit(exitCodeOf(signal));
  }
  stoppedBy = signal;
  stoppedAtMs = performance.now();
  interruption.abort();
  // On a terminal the children are in the foreground, too, and have had the same SIGINT.
  const reachedAll = signal === 'SIGINT' && (process.stdin.isTTY || process.stderr.isTTY);
  if (!reachedAll) for (const child of children) child.kill(signal);
  setTimeout(() => {
    for (const child of children) child.kill('SIGTERM');
  }, ASK_AGAIN_MS).unref();
}

/**
 * Runs a command in the root of the workspace, on our own terminal, and resolves to its exit code.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, toStderr?: boolean, title?: string, shell?: boolean }} [options]
 *   With `toStderr`, stdout stays free for the program that is prepared. The title is shown when it takes long.
 * @returns {Promise<number>}
 */
export function run(command, args, { env = process.env, toStderr = false, title, shell = false } = {}) {
  if (stoppedBy !== undefined) return Promise.resolve(exitCodeOf(stoppedBy));
  return new Promise((resolve, reject) => {
    const stdio = /** @type {const} */ (['inherit', toStderr ? 2 : 'inherit', 'inherit']);
    const child = spawn(command, args, { cwd: root, env, shell, stdio: [...stdio] });
    children.add(child);
    const announcement = title === undefined ? undefined : setTimeout(() => say(`${title} …`), 1000);
    const settle = () => {
      children.delete(child);
      clearTimeout(announcement);
    };
    child.once('error', (error) => {
      settle();
      reject(new Error(`${command} cannot be started: ${error.message}`));
    });
    child.once('exit', (code, signal) => {
      settle();
      resolve(code ?? exitCodeOf(signal ?? 'SIGTERM'));
    });
  });
}

/**
 * Progress goes to stderr, as plain lines.
 *
 * @param {string} line
 */
export function say(line) {
  console.error(`▸ ${line}`);
}

/**
 * Ends with the given code, or as the shell expects of a program that was interrupted.
 *
 * @param {number} code
 */
export function setExitCode(code) {
  process.exitCode = stoppedBy === undefined ? code : exitCodeOf(stoppedBy);
}

/** @param {NodeJS.Signals} signal */
function exitCodeOf(signal) {
  return 128 + constants.signals[signal];
}
