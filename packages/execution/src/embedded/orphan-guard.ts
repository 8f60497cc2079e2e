import { type ChildProcess, spawn } from 'node:child_process';
import { onWindows } from './kernel-folder.js';

/** What is to be cleaned up when this process is gone. */
export interface Guarded {
  /** Names the process group that works in the folder. */
  ledBy(pid: number): void;
  /** It has been cleaned up. */
  release(): void;
}

/**
 * Has a folder removed, and the process group that works in it ended, if this process ends without doing so itself,
 * as with `kill -9`.
 *
 * A kernel cannot do it: one that hangs in C code notices nothing, one in a sandbox cannot reach its folder, and one
 * that ends leaves behind what it has started. So there is one small process beside all kernels of this one, which
 * knows that we are gone by the end of its standard input. `multiprocessing.resource_tracker` of Python does the same.
 */
export function guardFolder(folder: string): Guarded {
  if (onWindows) return { ledBy: () => {}, release: () => {} };
  const id = nextId++;
  tell(`${id} 0 ${folder}`);
  return {
    ledBy: (pid) => tell(`${id} ${pid} ${folder}`),
    release: () => tell(`${id}`),
  };
}

/** Has a process group ended if this process ends without doing so. */
export function guardGroup(pid: number): Pick<Guarded, 'release'> {
  const guarded = guardFolder('');
  guarded.ledBy(pid);
  return guarded;
}

let nextId = 0;
let guard: ChildProcess | undefined;

function tell(line: string): void {
  guard ??= startGuard();
  guard.stdin?.write(`${line}\n`);
}

function startGuard(): ChildProcess {
  const child = spawn('/bin/sh', ['-c', WATCH], {
    // It holds no folder of ours as its own, and hears nothing of our terminal.
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.on('error', forget).on('exit', forget);
  child.stdin.on('error', forget);
  // It waits for us, never we for it.
  child.unref();
  (child.stdin as unknown as { unref(): void }).unref();
  return child;

  /** Without it kernels work as well; the next one tries again. */
  function forget(): void {
    if (guard === child) guard = undefined;
  }
}

/**
 * Reads `id pid folder`, with pid 0 before there is one, or `id` when that is over. SIGTERM comes first, because a
 * command that stands for a kernel elsewhere, as `docker run`, passes it on.
 */
const WATCH = `
trap '' INT TERM HUP
ids=
while IFS=' ' read -r id pid folder; do
  others=
  for other in $ids; do [ "$other" = "$id" ] || others="$others $other"; done
  ids=$others
  [ -n "$pid" ] && ids="$ids $id" && eval "pid_$id=\\$pid folder_$id=\\$folder"
done
[ -n "$ids" ] || exit
signal_all() {
  for id in $ids; do
    eval "pid=\\$pid_$id"
    [ "$pid" -eq 0 ] || kill -s "$1" -- "-$pid"
  done
}
signal_all TERM
sleep 1
signal_all KILL
for id in $ids; do
  eval "rm -rf -- \\"\\$folder_$id\\""
done
`;
