import { existsSync } from 'node:fs';
import { readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { environmentPython } from './cache.js';
import type { Interpreter } from './interpreter.js';
import { distributionName } from './packages.js';
import { diagnoseInstall, PythonSetupError } from './setup-error.js';
import { runSubprocess, type SubprocessResult } from './subprocess.js';

/** A way to fill an environment: a uv that is there, one fetched with pip, or plain `venv` and pip. */
export type Installer = 'uv' | 'fetched-uv' | 'venv';

/** The installers worth trying, best first: uv takes seconds where pip takes half a minute. */
export function installersFor(base: Pick<Interpreter, 'modules'>, hasUv: boolean): Installer[] {
  const venv = base.modules.has('venv') && base.modules.has('ensurepip');
  return [
    ...(hasUv ? ['uv' as const] : []),
    ...(!hasUv && base.modules.has('pip') ? ['fetched-uv' as const] : []),
    ...(venv ? ['venv' as const] : []),
  ];
}

export interface BuildContext {
  readonly cacheDir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly onProgress: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** The uv to use: the one on PATH, or the one that was fetched earlier. */
export async function findUv(context: BuildContext): Promise<string | undefined> {
  for (const command of ['uv', fetchedUv(context.cacheDir)]) {
    const result = await runSubprocess([command, '--version'], context);
    if (result.status === 'exited' && result.code === 0) return command;
  }
  return undefined;
}

/**
 * Makes a virtual environment with `packages` at `directory`, replacing what is there.
 *
 * When it rejects, with a {@link PythonSetupError} or the reason of an abort, nothing is left at `directory`.
 */
export async function buildEnvironment(
  directory: string,
  base: Interpreter,
  packages: readonly string[],
  context: BuildContext,
): Promise<void> {
  const uv = await findUv(context);
  const installers = installersFor(base, uv !== undefined);
  if (installers.length === 0) throw new PythonSetupError({ kind: 'no-installer', interpreter: base });

  for (const [i, installer] of installers.entries()) {
    try {
      await rm(directory, { recursive: true, force: true });
      const startMs = performance.now();
      if (installer === 'venv') await installWithPip(directory, base, packages, context);
      else await installWithUv(uv ?? (await fetchUv(base, context)), directory, base, packages, context);
      await warmUp(directory, packages, context);
      context.onProgress(`Python packages installed in ${seconds(performance.now() - startMs)}.`);
      return;
    } catch (error) {
      await rm(directory, { recursive: true, force: true });
      const next = installers[i + 1];
      if (next === undefined || context.signal?.aborted || !isWorthAnother(error)) throw error;
      context.onProgress('That failed. Trying venv and pip instead.');
    }
  }
}

/** Whether plain pip may succeed after this: not when pip could not reach its index, or the disk is full. */
function isWorthAnother(error: unknown): boolean {
  if (!(error instanceof PythonSetupError) || error.problem.kind !== 'install-failed') return false;
  const { cause, command } = error.problem;
  return cause !== 'disk-full' && !(cause === 'network' && command.includes(' -m pip '));
}

async function installWithUv(
  uv: string,
  directory: string,
  base: Interpreter,
  packages: readonly string[],
  context: BuildContext,
): Promise<void> {
  await step('Making an environment', [uv, 'venv', '--python', base.executable, directory], context);
  const python = environmentPython(directory, process.platform);
  // Compiled now rather than at the first import, which a user would wait for.
  const install = [uv, 'pip', 'install', '--compile-bytecode', '--python', python, ...packages] as const;
  await step(`Installing ${names(packages)} with uv`, install, context);
}

/** `--target` works where the operating system forbids pip to install (PEP 668). */
async function fetchUv(base: Interpreter, context: BuildContext): Promise<string> {
  const target = join(context.cacheDir, 'uv');
  const partial = `${target}.partial`;
  await rm(partial, { recursive: true, force: true });
  try {
    await step(
      'Fetching the installer uv',
      [...pipInstall(base.executable), '--target', partial, 'uv'],
      context,
    );
    await rm(target, { recursive: true, force: true });
    await rename(partial, target);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return fetchedUv(context.cacheDir);
}

async function installWithPip(
  directory: string,
  base: Interpreter,
  packages: readonly string[],
  context: BuildContext,
): Promise<void> {
  await step('Making an environment', [base.executable, '-m', 'venv', directory], context);
  const python = environmentPython(directory, process.platform);
  await step(`Installing ${names(packages)} with pip`, [...pipInstall(python), ...packages], context);
}

function pipInstall(python: string): [string, ...string[]] {
  return [python, '-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '--retries', '2'];
}

/**
 * Imports what must work. It also makes matplotlib build its font cache, which it announces on stderr: in a
 * user's first program that would look like output of the program.
 */
async function warmUp(directory: string, packages: readonly string[], context: BuildContext): Promise<void> {
  const installed = packages.map(distributionName);
  const modules = ['ipykernel', ...(installed.includes('matplotlib') ? ['matplotlib.pyplot'] : [])];
  const python = environmentPython(directory, process.platform);
  await step(`Checking ${modules.join(', ')}`, [python, '-c', `import ${modules.join(', ')}`], context);
}

/** Settings of the user's that make sense for installs of theirs and would break ours. */
const INSTALLER_ENV = { PIP_USER: '0', PIP_REQUIRE_VIRTUALENV: '0', UV_PYTHON_DOWNLOADS: 'never' };

const TICK_MS = 10_000;

/** Runs one command of an installer; what it prints is shown only when it fails. */
async function step(
  title: string,
  command: readonly [string, ...string[]],
  { cacheDir, env, onProgress, signal }: BuildContext,
): Promise<void> {
  onProgress(`${title} …`);
  const startMs = performance.now();
  const ticker = setInterval(() => onProgress(`  … ${seconds(performance.now() - startMs)}`), TICK_MS);
  let result: SubprocessResult;
  try {
    // In the cache, because uv would read the project file of the current directory.
    result = await runSubprocess(command, { env: { ...env, ...INSTALLER_ENV }, cwd: cacheDir, signal });
  } finally {
    clearInterval(ticker);
  }
  if (result.status === 'exited' && result.code === 0) return;
  throw new PythonSetupError({
    kind: 'install-failed',
    cause: diagnoseInstall(result.output),
    command: command.join(' '),
    output: result.output,
  });
}

function fetchedUv(cacheDir: string): string {
  return join(cacheDir, 'uv', 'bin', process.platform === 'win32' ? 'uv.exe' : 'uv');
}

function names(packages: readonly string[]): string {
  return packages.map(distributionName).join(', ');
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

const STAMP = 'eager.json';

/** Declares an environment complete: without this file it is the rest of an interrupted build. */
export async function markComplete(directory: string, packages: readonly string[]): Promise<void> {
  await writeFile(join(directory, STAMP), `${JSON.stringify({ packages })}\n`);
}

/** The environments in `parent` whose folder name ends in `suffix`, complete or not. */
export async function environments(
  parent: string,
  suffix: string,
): Promise<{ readonly path: string; readonly complete: boolean }[]> {
  const found = await readdir(parent).catch(() => []);
  return found
    .filter((name) => name.endsWith(suffix))
    .map((name) => join(parent, name))
    .map((path) => ({ path, complete: existsSync(join(path, STAMP)) }));
}
