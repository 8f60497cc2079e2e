import { type ChildProcess, spawn } from 'node:child_process';

export interface SubprocessOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly signal?: AbortSignal | undefined;
}

/** How a command ended. `not-started`: there is no such command, or it may not be executed. */
export type SubprocessResult =
  | { readonly status: 'exited'; readonly code: number; readonly stdout: string; readonly output: string }
  | { readonly status: 'not-started'; readonly output: string };

/** A group that ignores SIGTERM is killed after this time. */
const KILL_AFTER_MS = 2000;

/**
 * Runs a command to its end and collects what it prints; `output` is stdout and stderr as they came.
 *
 * The command gets a process group of its own. When `signal` aborts, or when this process exits, the whole group
 * is ended, so that an installer's own children do not stay behind. The promise rejects only with the reason of
 * the abort, and only once the command is gone, so that its files can be removed.
 */
export function runSubprocess(
  command: readonly [string, ...string[]],
  { env, cwd, signal }: SubprocessOptions,
): Promise<SubprocessResult> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const [file, ...args] = command;
    const child = spawn(file, args, {
      env,
      ...(cwd !== undefined && { cwd }),
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
      windowsHide: true,
    });

    let stdout = '';
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });

    let killTimer: NodeJS.Timeout | undefined;
    const onAbort = () => {
      killGroup(child, 'SIGTERM');
      killTimer = setTimeout(() => killGroup(child, 'SIGKILL'), KILL_AFTER_MS);
    };
    const onExit = () => killGroup(child, 'SIGKILL');
    signal?.addEventListener('abort', onAbort, { once: true });
    process.once('exit', onExit);

    const settle = (result: SubprocessResult) => {
      clearTimeout(killTimer);
      signal?.removeEventListener('abort', onAbort);
      process.off('exit', onExit);
      if (signal?.aborted) reject(signal.reason);
      else resolve(result);
    };
    child.once('error', (error) => settle({ status: 'not-started', output: error.message }));
    child.once('close', (code) => settle({ status: 'exited', code: code ?? 1, stdout, output }));
  });
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  if (process.platform === 'win32') {
    spawn('taskkill', ['/pid', `${child.pid}`, '/t', '/f'], { stdio: 'ignore', windowsHide: true });
    return;
  }
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group is gone already.
  }
}
