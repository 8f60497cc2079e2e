import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { arch, cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What figures were measured on: without it they say nothing. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
}

/** Versions by name, of everything that has a part in the figures. */
export type Versions = Readonly<Record<string, string>>;

export function thisMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown CPU',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}, ${arch()}`,
  };
}

/** @param python an interpreter, whose packages count, too */
export function versionsFor(python: string): Versions {
  const { stdout, error } = spawnSync(python, ['-c', PYTHON_VERSIONS], { encoding: 'utf8' });
  if (error) throw new Error(`Python cannot be started as "${python}": ${error.message}.`);
  return { eager: ownVersion(), node: process.version.slice(1), ...JSON.parse(stdout) };
}

/** `0.1.0`, and in a clone of the project the commit, too: `0.1.0+2a98b02-dirty`. */
function ownVersion(): string {
  const manifest = new URL('../package.json', import.meta.url);
  const { version }: { version: string } = JSON.parse(readFileSync(manifest, 'utf8'));
  const repository = fileURLToPath(new URL('../../../', import.meta.url));
  if (!existsSync(join(repository, '.git'))) return version;
  const { stdout, status } = spawnSync('git', ['describe', '--always', '--dirty'], {
    cwd: repository,
    encoding: 'utf8',
  });
  return status === 0 ? `${version}+${stdout.trim()}` : version;
}

/** `Intel Xeon, 2 cores, 8 GiB, Linux 6.1, x64; Python 3.11.7, ipykernel 7.4.0, …` */
export function described({ cpu, cores, memoryGiB, system }: Machine, versions: Versions): string {
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}; ${named.join(', ')}`;
}

const PYTHON_VERSIONS = `
import json, platform
from importlib.metadata import PackageNotFoundError, version
found = {"Python": platform.python_version()}
for name in "ipykernel", "ipython", "jupyter_server", "numpy", "pandas", "matplotlib", "seaborn", "scikit-learn":
    try:
        found[name] = version(name)
    except PackageNotFoundError:
        pass
print(json.dumps(found))
`;
