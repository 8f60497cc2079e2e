import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { posix, win32 } from 'node:path';

/** A machine as far as the place of its caches is concerned. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
}

export function thisMachine(env: NodeJS.ProcessEnv): Machine {
  return { platform: process.platform, arch: process.arch, home: homedir(), env };
}

/** Our folder in the user's cache: `EAGER_CACHE`, or `eager` where the platform keeps caches. */
export function cacheDirectory({ platform, home, env }: Machine): string {
  const path = platform === 'win32' ? win32 : posix;
  if (env.EAGER_CACHE) return path.resolve(env.EAGER_CACHE);
  if (platform === 'win32')
    return path.join(env.LOCALAPPDATA || path.join(home, 'AppData', 'Local'), 'eager');
  if (platform === 'darwin') return path.join(home, 'Library', 'Caches', 'eager');
  // The XDG specification has relative paths ignored.
  const xdg = env.XDG_CACHE_HOME;
  return path.join(xdg && path.isAbsolute(xdg) ? xdg : path.join(home, '.cache'), 'eager');
}

/** Names a set of packages on a kind of machine, whatever the order in which they are given. */
export function packageSetKey(packages: readonly string[], { platform, arch }: Machine): string {
  const identity = JSON.stringify([platform, arch, [...new Set(packages)].sort()]);
  return createHash('sha256').update(identity).digest('hex').slice(0, 12);
}

/** The folder name of an environment: `3.11-0123456789ab`. Python's patch level may change under it. */
export function environmentName(pythonVersion: string, setKey: string): string {
  return `${pythonVersion.split('.').slice(0, 2).join('.')}-${setKey}`;
}

/** The interpreter inside a virtual environment. */
export function environmentPython(directory: string, platform: NodeJS.Platform): string {
  return platform === 'win32'
    ? win32.join(directory, 'Scripts', 'python.exe')
    : posix.join(directory, 'bin', 'python');
}
