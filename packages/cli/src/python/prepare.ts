import { mkdir, rm, stat } from 'node:fs/promises';
import { basename, delimiter, dirname, join, resolve } from 'node:path';
import { cacheDirectory, environmentName, environmentPython, packageSetKey, thisMachine } from './cache.js';
import {
  type BuildContext,
  buildEnvironment,
  environments,
  findUv,
  installersFor,
  markComplete,
} from './environment.js';
import { type Interpreter, interpreterCommands, isRecent, probe } from './interpreter.js';
import { withLock } from './lock.js';
import { distributionName, MINIMUM_IPYKERNEL, RUN_PACKAGES } from './packages.js';
import { PythonSetupError } from './setup-error.js';
import { compareVersions } from './version.js';

export interface PrepareOptions {
  /** An interpreter of the user's, which is checked and never changed. By default `EAGER_PYTHON`. */
  readonly python?: string | undefined;
  /** Requirements such as `pandas>=2.1,<4`; `ipykernel` is always among them. */
  readonly packages: readonly string[];
  /** Whether an environment may be made when there is none; by default it may. */
  readonly mayInstall?: boolean | undefined;
  /** Where environments are kept. By default `EAGER_CACHE`, or `eager` in the user's cache directory. */
  readonly cacheDir?: string | undefined;
  /** Gets a line for each long step. Nothing is reported when nothing is to be done. */
  readonly onProgress: (line: string) => void;
  /** Ends the installer and whatever it started, and removes what is incomplete. */
  readonly signal?: AbortSignal | undefined;
  /** For PATH and the settings of pip and uv. By default `process.env`. */
  readonly env?: NodeJS.ProcessEnv;
}

export interface PreparedPython {
  /** The interpreter to start: the user's as it was given, or the one of our environment. An absolute path. */
  readonly python: string;
  /** `3.11.7`. */
  readonly version: string;
  /** The version of ipykernel. */
  readonly ipykernel: string;
  /** The user's own, an environment of ours from an earlier call, or one that this call made. */
  readonly origin: 'user' | 'cached' | 'built';
}

/**
 * Finds or makes a Python that has `packages`: the user's own, an environment made earlier, or a new one in the
 * cache, built with uv where it can be had and with venv and pip elsewhere.
 *
 * Safe to call from several processes at once. Rejects with a {@link PythonSetupError}, whose message gives the
 * command that fixes the problem, or with the reason of `signal`.
 */
export async function preparePython(options: PrepareOptions): Promise<PreparedPython> {
  const { onProgress, signal, env = process.env } = options;
  const packages = withKernel(options.packages);
  const chosen = options.python || env.EAGER_PYTHON;
  if (chosen) return checkChosen(chosen, packages, { env, signal });

  const machine = thisMachine(env);
  const cacheDir = options.cacheDir ?? cacheDirectory(machine);
  const context: BuildContext = { cacheDir, env, onProgress, signal };
  const parent = join(cacheDir, 'python');
  const setKey = packageSetKey(packages, machine);

  const cached = await reuse(parent, setKey, packages, context);
  if (cached !== undefined) return cached;
  if (options.mayInstall === false) throw new PythonSetupError({ kind: 'not-prepared', parent });

  await mkdir(parent, { recursive: true });
  const build = async () => {
    const madeMeanwhile = await reuse(parent, setKey, packages, context);
    if (madeMeanwhile !== undefined) return madeMeanwhile;
    await removeBroken(parent, setKey, context);
    const base = await findBase(context);
    onProgress(`Preparing Python ${base.version} (${base.executable}) in ${parent}, once.`);
    const directory = join(parent, environmentName(base.version, setKey));
    await buildEnvironment(directory, base, packages, context);
    const built = await inspect(directory, packages, context);
    if (built === undefined) throw new Error(`The new environment ${directory} lacks a requested package.`);
    await markComplete(directory, packages);
    return { ...built, origin: 'built' as const };
  };
  const lockPath = join(cacheDir, 'python.lock');
  const onWait = () => onProgress(`Another process is preparing Python (${lockPath}): waiting for it …`);
  return withLock(lockPath, build, { onWait, signal });
}

/** Looks for an environment that works. Does not report or remove broken ones: another process may be at it. */
async function reuse(
  parent: string,
  setKey: string,
  packages: readonly string[],
  context: BuildContext,
): Promise<PreparedPython | undefined> {
  const complete = (await environments(parent, setKey)).filter((environment) => environment.complete);
  const newestFirst = complete.toSorted((a, b) => compareVersions(basename(b.path), basename(a.path)));
  for (const { path } of newestFirst) {
    const found = await inspect(path, packages, context);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** To be called under the lock, after {@link reuse} has found nothing that works. */
async function removeBroken(parent: string, setKey: string, { onProgress }: BuildContext): Promise<void> {
  for (const { path, complete } of await environments(parent, setKey)) {
    if (complete)
      onProgress(`${path} no longer works, perhaps because its Python was removed. Making it anew.`);
    await rm(path, { recursive: true, force: true });
  }
}

async function inspect(
  directory: string,
  packages: readonly string[],
  { env, signal }: BuildContext,
): Promise<PreparedPython | undefined> {
  const python = environmentPython(directory, process.platform);
  const found = await probe([python], packages.map(distributionName), { env, signal });
  if ('failure' in found || missingFrom(found, packages).length > 0) return undefined;
  return describe(python, found, 'cached');
}

/** The first recent interpreter for which something can be installed. */
async function findBase(context: BuildContext): Promise<Interpreter> {
  const hasUv = (await findUv(context)) !== undefined;
  const found: Interpreter[] = [];
  for (const command of interpreterCommands(process.platform)) {
    const interpreter = await probe(command, [], context);
    if ('failure' in interpreter) continue;
    if (isRecent(interpreter) && installersFor(interpreter, hasUv).length > 0) return interpreter;
    found.push(interpreter);
  }
  const interpreter = found.find(isRecent);
  throw new PythonSetupError(
    interpreter ? { kind: 'no-installer', interpreter } : { kind: 'no-python', tooOld: distinct(found) },
  );
}

function distinct(interpreters: readonly Interpreter[]): Interpreter[] {
  return [...new Map(interpreters.map((interpreter) => [interpreter.executable, interpreter])).values()];
}

async function checkChosen(
  chosen: string,
  packages: readonly string[],
  options: { readonly env: NodeJS.ProcessEnv; readonly signal: AbortSignal | undefined },
): Promise<PreparedPython> {
  const python = await absolutePath(chosen, options.env);
  const interpreter = await probe([python], packages.map(distributionName), options);
  if ('failure' in interpreter) {
    throw new PythonSetupError({ kind: 'unusable', python: chosen, detail: interpreter.detail });
  }
  if (!isRecent(interpreter)) {
    throw new PythonSetupError({ kind: 'too-old', python: chosen, version: interpreter.version });
  }
  const requirements = missingFrom(interpreter, packages);
  if (requirements.length > 0) {
    throw new PythonSetupError({ kind: 'missing-packages', python: chosen, interpreter, requirements });
  }
  return describe(python, interpreter, 'user');
}

/** Finds a bare name on PATH, so that the answer holds in any directory. */
async function absolutePath(python: string, env: NodeJS.ProcessEnv): Promise<string> {
  if (dirname(python) !== '.' || python.startsWith('.')) return resolve(python);
  const suffixes = process.platform === 'win32' ? ['', '.exe'] : [''];
  for (const directory of (env.PATH ?? '').split(delimiter)) {
    for (const suffix of suffixes) {
      const candidate = join(directory, python + suffix);
      const stats = await stat(candidate).catch(() => undefined);
      if (stats?.isFile()) return resolve(candidate);
    }
  }
  return python;
}

function withKernel(packages: readonly string[]): readonly string[] {
  const hasKernel = packages.some((requirement) => distributionName(requirement) === 'ipykernel');
  return hasKernel ? packages : [...RUN_PACKAGES, ...packages];
}

/** The requirements that are not installed. Versions are checked for ipykernel alone, on which our driver depends. */
function missingFrom(interpreter: Interpreter, packages: readonly string[]): string[] {
  return packages.filter((requirement) => {
    const name = distributionName(requirement);
    const version = interpreter.packages.get(name);
    if (version === undefined) return true;
    if (name !== 'ipykernel') return false;
    return !interpreter.modules.has('ipykernel') || compareVersions(version, MINIMUM_IPYKERNEL) < 0;
  });
}

function describe(
  python: string,
  { version, packages }: Interpreter,
  origin: PreparedPython['origin'],
): PreparedPython {
  return { python, version, ipykernel: packages.get('ipykernel') ?? '', origin };
}
