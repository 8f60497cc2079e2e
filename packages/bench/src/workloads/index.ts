import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export type WorkloadName = 'plots' | 'analysis' | 'functions' | 'execution-heavy' | 'generation-heavy';

/** A program as a model would write it. */
export interface Program {
  readonly set: WorkloadName;
  /** Unique in its set. */
  readonly name: string;
  readonly text: string;
  /** Paths of the files that it expects in its folder. */
  readonly files: readonly string[];
}

export const WORKLOADS: Readonly<Record<WorkloadName, { readonly label: string; readonly about: string }>> = {
  plots: { label: 'plots', about: 'plotting tasks of MatPlotBench, as curated in DSDBench (Apache-2.0)' },
  analysis: {
    label: 'analysis',
    about: 'our programs for the questions about tables of InfiAgent-DABench (Apache-2.0)',
  },
  functions: {
    label: 'functions',
    about: 'function-level tasks of GitChameleon, with assertions (Apache-2.0)',
  },
  'execution-heavy': {
    label: 'execution-heavy',
    about: 'ours: seconds of numeric work in single statements',
  },
  'generation-heavy': { label: 'generation-heavy', about: 'ours: long programs with little work' },
};

/**
 * The programs that this Python can run. The public data sets lie beside the repository or not at all; the two sets of our
 * own are always there.
 *
 * @param python an interpreter; programs that import what it lacks are left out
 */
export function programsFor(python: string): Program[] {
  return runnable(python, [
    ...fromLines('plots', 'plots.jsonl'),
    ...analyses(),
    ...fromLines('functions', 'functions.jsonl'),
    ...fromFolder('execution-heavy', OWN),
    ...fromFolder('generation-heavy', OWN),
  ]);
}

const OWN = fileURLToPath(new URL('../../workloads/', import.meta.url));
const REPOSITORY = fileURLToPath(new URL('../../../../', import.meta.url));
const PUBLIC = join(REPOSITORY, '../shared/workloads');
const ANALYSES = join(REPOSITORY, 'test/equivalence/analysis');

function fromLines(set: WorkloadName, file: string): Program[] {
  const path = join(PUBLIC, file);
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  return lines.flatMap((line) => {
    const { id, code }: { id: string; code: string } = JSON.parse(line);
    if (RAISING.has(id) || NEEDS_WORLD.test(code)) return [];
    return [{ set, name: id, text: `${code.trimEnd()}\n`, files: [] }];
  });
}

/** Loads from elsewhere, or draws by the clock. */
const NEEDS_WORLD = /\b(?:download|urlopen|tqdm)\b/;

/**
 * Programs that raise: they were written for other versions of their libraries, or read files that are not there. A run
 * that ends early says little.
 */
const RAISING: ReadonlySet<string> = new Set([
  ...[12, 17, 19, 31, 32, 34, 44, 51, 68, 73, 75].map((number) => `plot-${number}`),
  ...[60, 61, 63, 66, 67, 71, 74, 77, 78, 79, 80, 153, 208, 210, 211, 212, 213, 327, 329].map(
    (number) => `function-${number}`,
  ),
]);

/** The programs are a part of the project, the tables that they read are not. */
function analyses(): Program[] {
  const folder = join(PUBLIC, 'tables');
  if (!existsSync(folder) || !existsSync(ANALYSES)) return [];
  const tables = readdirSync(folder).map((name) => join(folder, name));
  return pythonFiles(ANALYSES).map(({ name, text }) => {
    return { set: 'analysis', name, text, files: tables.filter((path) => text.includes(basename(path))) };
  });
}

function fromFolder(set: WorkloadName, folder: string): Program[] {
  return pythonFiles(join(folder, set)).map((file) => ({ set, ...file, files: [] }));
}

function pythonFiles(folder: string): { name: string; text: string }[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.py'))
    .sort()
    .map((file) => ({ name: basename(file, '.py'), text: readFileSync(join(folder, file), 'utf8') }));
}

/** Without those that import what this Python does not have. */
function runnable(python: string, programs: readonly Program[]): Program[] {
  const importsOf = ({ text }: Program) =>
    [...text.matchAll(/^\s*(?:from|import) +(\w+)/gm)].map(([, name = '']) => name);
  const names = [...new Set(programs.flatMap(importsOf))];
  const { stdout, error } = spawnSync(python, ['-c', FIND_MODULES, ...names], { encoding: 'utf8' });
  if (error) throw new Error(`Python cannot be started as "${python}": ${error.message}.`);
  const found = new Set(stdout.trim().split(/\s+/));
  return programs.filter((program) => importsOf(program).every((name) => found.has(name)));
}

const FIND_MODULES =
  'import importlib.util, sys; print(*(n for n in sys.argv[1:] if importlib.util.find_spec(n)))';
