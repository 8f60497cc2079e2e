import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { arch, cpus, release, totalmem, type } from 'node:os';

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
  const manifest = new URL('../package.json', import.meta.url);
  const { version }: { version: string } = JSON.parse(readFileSync(manifest, 'utf8'));
  return { eager: version, node: process.version.slice(1), ...JSON.parse(stdout) };
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
