import { type ChildProcess, execFile } from 'node:child_process';
import { existsSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { constants, homedir, tmpdir } from 'node:os';
import { dirname, sep } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { promisify } from 'node:util';
import { KernelError } from '../kernel.js';
import type { KernelFolder } from './kernel-folder.js';
import {
  asGiven,
  checkFolder,
  kernelArguments,
  type Launcher,
  type LaunchOptions,
  launched,
  type ProcessEnd,
  reasonOf,
} from './launch.js';
import { launchSources } from './launch-sources.js';
import { installBubblewrap } from './start-errors.js';

/** What a program in a sandbox may do and use. */
export interface SandboxOptions {
  /** Whether the program may change the working folder; by default it may only read it. */
  readonly writable?: boolean;
  /** Address space of each process, and room in /tmp; by default 4 GiB. Beyond it Python raises MemoryError. */
  readonly memoryBytes?: number;
  /** CPU time of each process, after which the kernel ends; by default there is no limit. */
  readonly cpuSeconds?: number;
}

const DEFAULT_MEMORY_BYTES = 4 * 1024 ** 3;

/** Threads count, too: a kernel has a dozen, and a numeric library one for each core. */
const MAX_PROCESSES = 512;

/**
 * Runs ipykernel under bubblewrap: with no network, in namespaces of its own, and with nothing to see but the system's
 * programs and libraries, Python, and the working folder. All of that is read-only. /tmp is private and empty, and
 * it is HOME. The environment is `env` and little else, because variables hold secrets.
 *
 * @see https://github.com/containers/bubblewrap
 */
export function launchSandboxed(sandbox: SandboxOptions, options: LaunchOptions): Launcher {
  const { memoryBytes = DEFAULT_MEMORY_BYTES, cpuSeconds } = sandbox;
  return async (folder, onPid) => {
    const workingFolder = checkedWorkingFolder(options.cwd ?? process.cwd());
    const python = await pythonPlaces(asGiven(options.python));
    const user = isRoot() ? NOBODY : undefined;
    const limits = {
      memory_bytes: memoryBytes,
      cpu_seconds: cpuSeconds ?? null,
      processes: MAX_PROCESSES,
      user: user ?? null,
    };
    const launch = await launched(
      [
        ...['bwrap', ...isolation(user)],
        ...systemMounts(memoryBytes),
        // Root does this itself, after it has written there: see `become` in sandboxed.py.
        ...(user === undefined ? ['--remount-ro', '/proc'] : []),
        ...[sandbox.writable ? '--bind' : '--ro-bind', workingFolder, workingFolder],
        // After the working folder, which may contain it, and must not change it.
        ...python.places.flatMap(readOnly),
        ...folderMounts(folder),
        ...['--remount-ro', '/', '--chdir', workingFolder],
        ...['--setenv', 'PATH', `${dirname(python.executable)}:/usr/local/bin:/usr/bin:/bin`, '--'],
        ...[python.executable, '-c', launchSources.sandboxed, JSON.stringify(limits)],
        ...kernelArguments(folder.connectionFile),
      ],
      {
        ...{ cwd: undefined, onPid, env: { ...cleanEnvironment(python), ...options.env } },
        ...(user !== undefined && { pipes: 2, prepare: (bwrap) => mapUsers(bwrap, user) }),
      },
      'message',
      (error) => `Cannot start the sandbox by bwrap: ${reasonOf(error)}. ${installBubblewrap}`,
    );
    return { ...launch, ended: launch.ended.then(withSignal), hidesFolder: true };
  };
}

function isolation(user: number | undefined): readonly string[] {
  return [
    // All namespaces: of users, processes, mounts, network, IPC, host name and control groups.
    ...['--unshare-all', '--unshare-user'],
    // No terminal to push characters into, and no life after this process.
    ...['--new-session', '--die-with-parent'],
    ...(user === undefined
      ? ['--disable-userns']
      : ['--info-fd', '3', '--userns-block-fd', '4', ...NEEDED_TO_BECOME_A_USER]),
  ];
}

/** Root in the sandbox needs these until it is no longer root: see `become` in sandboxed.py. */
const NEEDED_TO_BECOME_A_USER = [
  ...['CAP_SETUID', 'CAP_SETGID', 'CAP_SETPCAP', 'CAP_DAC_OVERRIDE', 'CAP_SYS_ADMIN', 'CAP_SYS_RESOURCE'],
].flatMap((name) => ['--cap-add', name]);

function systemMounts(memoryBytes: number): readonly string[] {
  const size = ['--size', String(memoryBytes)];
  return [
    ...SYSTEM.flatMap(readOnly),
    ...['--proc', '/proc', ...MASKED.filter((path) => existsSync(path)).flatMap(masked)],
    ...['--dev', '/dev', ...size, '--tmpfs', '/dev/shm', '--remount-ro', '/dev'],
    ...[...size, '--tmpfs', '/tmp'],
  ];
}

/** Programs, libraries, and of the settings what libraries read: no service's, no user's. */
const SYSTEM = [
  ...['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/nix/store'],
  ...[
    '/etc/ld.so.cache',
    '/etc/alternatives',
    '/etc/fonts',
    '/etc/localtime',
    '/etc/timezone',
    '/etc/mime.types',
  ],
  ...['/etc/passwd', '/etc/group', '/etc/nsswitch.conf', '/etc/hosts', '/etc/os-release'],
];

/** What /proc tells and takes that concerns the machine, not its processes; the list is that of container runtimes. */
const MASKED = [
  ...[
    '/proc/kcore',
    '/proc/keys',
    '/proc/kmsg',
    '/proc/sysrq-trigger',
    '/proc/timer_list',
    '/proc/sched_debug',
  ],
  ...['/proc/latency_stats', '/proc/slabinfo', '/proc/vmallocinfo', '/proc/kpagecount', '/proc/kpageflags'],
  ...['/proc/kpagecgroup', '/proc/acpi', '/proc/scsi', '/proc/asound', '/proc/interrupts'],
];

const masked = (path: string): readonly string[] =>
  statSync(path).isDirectory() ? ['--tmpfs', path, '--remount-ro', path] : ['--ro-bind', '/dev/null', path];

/** Where the kernel makes its sockets; the connection file is not for the program to change. */
function folderMounts({ path, connectionFile }: KernelFolder): readonly string[] {
  return ['--bind', path, path, '--ro-bind', connectionFile, connectionFile];
}

const readOnly = (path: string): readonly string[] => ['--ro-bind-try', path, path];

/** @throws {KernelError} when to show the folder would be to show what a sandbox hides. */
function checkedWorkingFolder(cwd: string): string {
  checkFolder(cwd);
  const folder = realpathSync(cwd);
  const hidden = [homedir(), tmpdir(), '/tmp'].find((place) => isWithin(place, folder));
  if (hidden === undefined) return folder;
  throw new KernelError(
    `Cannot start the sandbox in ${folder}: the program sees its working folder, and this one holds ${hidden}, ` +
      'which a sandbox hides. Start it in a folder that holds only what the program is to read.',
  );
}

const isWithin = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);

/** What of the file system a Python consists of. */
interface PythonPlaces {
  readonly executable: string;
  readonly places: readonly string[];
  /** Where the user's own packages are, if Python looks there. */
  readonly userBase: string | null;
}

const known = new Map<string, Promise<PythonPlaces>>();

/** Asks the interpreter; once, because that takes as long as it takes to start. */
function pythonPlaces(python: string): Promise<PythonPlaces> {
  const asked = known.get(python) ?? askForPlaces(python);
  known.set(python, asked);
  asked.catch(() => known.delete(python));
  return asked;
}

async function askForPlaces(python: string): Promise<PythonPlaces> {
  try {
    // -E: what PYTHONPATH adds here is not added there.
    const { stdout } = await promisify(execFile)(python, ['-E', '-c', PLACES]);
    return JSON.parse(stdout) as PythonPlaces;
  } catch (error) {
    throw new KernelError(
      `Cannot start the sandbox: Python ("${python}") does not say where its libraries are: ` +
        `${(error as Error).message.trim()}. Check that ${python} starts.`,
      { cause: error },
    );
  }
}

/** The places of a Python, those that hold others first; its own file may be a link to another's. */
const PLACES = `
import json, os, site, sys
places = {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix, *sys.path[1:]}
places |= {os.path.realpath(place) for place in places}
places = sorted(place for place in places if os.path.isabs(place) and os.path.exists(place) and place != "/")
print(json.dumps({
    "executable": sys.executable,
    "places": places,
    "userBase": site.getuserbase() if site.ENABLE_USER_SITE else None,
}))
`;

function cleanEnvironment({ userBase }: PythonPlaces): Record<string, string> {
  const kept = ['LANG', 'LANGUAGE', 'LC_ALL', 'LC_CTYPE', 'TZ'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  });
  return {
    ...Object.fromEntries(kept),
    // It is bwrap that is looked for here; the kernel gets a PATH of its own.
    PATH: process.env.PATH ?? '',
    HOME: '/tmp',
    // 1 keeps ipykernel from watching a parent that it cannot see.
    JPY_PARENT_PID: '1',
    ...(userBase !== null && { PYTHONUSERBASE: userBase }),
  };
}

const NOBODY = 65534;

/** The real one, not that of a container without privileges: Linux limits the processes of all users but this. */
function isRoot(): boolean {
  return (
    process.getuid?.() === 0 && /^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'utf8'))
  );
}

/** Gives the user namespace of a sandbox that waits for it two users, which only root can: root and `user`. */
async function mapUsers(bwrap: ChildProcess, user: number): Promise<void> {
  const [info, go] = bwrap.stdio.slice(3) as [Readable, Writable];
  // It closes both when it fails; what it says then is in its output.
  go.on('error', () => {});
  let text = '';
  for await (const piece of info.setEncoding('utf8')) text += piece;
  const pid = /"child-pid":\s*(\d+)/.exec(text)?.[1];
  if (pid === undefined) return;
  for (const map of ['uid_map', 'gid_map']) {
    writeFileSync(`/proc/${pid}/${map}`, `0 0 1\n${user} ${user} 1\n`);
  }
  go.end('\n');
}

/** bwrap ends with 128 and the number of the signal by which the kernel ended. */
function withSignal(end: ProcessEnd): ProcessEnd {
  const number = (end.code ?? 0) - 128;
  const signal = Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
  return signal === undefined ? end : { code: null, signal: signal as NodeJS.Signals };
}
