import { spawnSync } from 'node:child_process';

/**
 * Why there can be no sandbox here, or undefined when there can. Where bubblewrap is missing, root installs it, as a
 * continuous integration job does on Debian.
 */
export function whyNoSandbox(): string | undefined {
  if (process.platform !== 'linux') return `there is no bubblewrap on ${process.platform}`;
  if (!runs('bwrap', ['--version']) && process.getuid?.() === 0) {
    runs('apt-get', ['update']);
    runs('apt-get', ['install', '--yes', 'bubblewrap']);
  }
  if (!runs('bwrap', ['--version'])) return 'bubblewrap is not installed, and cannot be by this user';
  const { status, stderr } = spawnSync(
    'bwrap',
    ['--unshare-all', '--unshare-user', '--ro-bind', '/', '/', 'true'],
    {
      encoding: 'utf8',
    },
  );
  return status === 0 ? undefined : `bubblewrap cannot make a sandbox here: ${stderr.trim()}`;
}

function runs(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}
