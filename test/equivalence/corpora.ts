import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { python } from '../python.js';

/** A program that is run in every way. */
export interface Program {
  readonly name: string;
  readonly text: string;
  /** Of a notebook: its code, to run in order on one kernel. */
  readonly cells?: readonly string[];
  /** Files and folders that it finds in its folder. */
  readonly files: readonly string[];
}

export interface AnalysisProgram extends Program {
  /** The file that it is. */
  readonly path: string;
  /** What it has to print: names with the right values. */
  readonly answers: readonly (readonly [name: string, value: string])[];
}

/** The public data sets that this project may be tested with are beside it, if at all. */
const workloads = fileURLToPath(new URL('../../../shared/workloads/', import.meta.url));

const hasWorkloads = existsSync(workloads);

/**
 * How much runs, by the environment variable EAGER_EQUIVALENCE: `sample` (the default) takes some programs, each written
 * in one way, `each` takes all programs in one way each, and `full` all programs in all ways.
 */
export const extent = process.env.EAGER_EQUIVALENCE ?? 'sample';

/** Programs of our own, one for each way in which a program in pieces could differ from a whole one. */
export function hazards(): Program[] {
  const [, ...sections] = readFileSync(new URL('hazards.txt', import.meta.url), 'utf8').split(/^## /m);
  return sections.map((section) => {
    const [, name = '', text = ''] = /^(.*)\n([\s\S]*)$/.exec(section) ?? [];
    return { name, text: `${text.trimEnd()}\n`.replace('␄\n', ''), files: [] };
  });
}

/** Draws how long things took, and so never the same twice. */
const DRAWS_ITS_TIMES = 'driving-from-python.ipynb';

/** The worked examples of the project, as many as there are. */
export function notebooks(): Program[] {
  const folder = fileURLToPath(new URL('../../notebooks/', import.meta.url));
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => !name.startsWith('.')) : [];
  const paths = names.sort().map((name) => folder + name);
  const files = paths.filter((path) => !path.endsWith('.ipynb'));
  return paths.flatMap((path) => {
    if (!path.endsWith('.ipynb') || path.endsWith(DRAWS_ITS_TIMES)) return [];
    const notebook: Notebook = JSON.parse(readFileSync(path, 'utf8'));
    const cells = notebook.cells.flatMap(({ cell_type, source }) => {
      return cell_type === 'code' ? [[source].flat().join('')] : [];
    });
    return [{ name: path.slice(folder.length), text: cells.join('\n'), cells, files }];
  });
}

/** @see https://nbformat.readthedocs.io/en/latest/format_description.html */
interface Notebook {
  readonly cells: readonly { readonly cell_type: string; readonly source: string | string[] }[];
}

/** Programs that draw. */
export function plots(): Program[] {
  return lines('plots.jsonl').map(({ id, code }) => ({ name: String(id), text: `${code}\n`, files: [] }));
}

/** Draws a progress bar ten times a second: how often it is drawn is measured, in a plain cell, too. */
const DRAWN_BY_THE_CLOCK = 'function-323';

/** Functions with their tests; without those that load data from elsewhere. */
export function functions(): Program[] {
  const isComparable = ({ id, code }: Record<string, unknown>) =>
    id !== DRAWN_BY_THE_CLOCK && !/\b(?:download|urlopen)\(/.test(String(code));
  return lines('functions.jsonl')
    .filter(isComparable)
    .map(({ id, code }) => ({ name: String(id), text: `${code}\n`, files: [] }));
}

/** Our programs for questions about tables. */
export function analyses(): AnalysisProgram[] {
  const tasks = new Map(lines('analysis-tasks.jsonl').map((task) => [task.id, task]));
  const folder = new URL('analysis/', import.meta.url);
  return readdirSync(folder)
    .sort()
    .flatMap((file) => {
      const name = file.replace('.py', '');
      const task = tasks.get(name);
      if (!task) return [];
      const path = fileURLToPath(new URL(file, folder));
      const answers = task.answers as AnalysisProgram['answers'];
      const files = [`${workloads}tables/${task.table}`];
      return [{ name, text: readFileSync(path, 'utf8'), files, path, answers }];
    });
}

/** The programs whose imports this Python can satisfy. */
export function runnable<T extends Program>(programs: readonly T[]): T[] {
  const importsOf = ({ text }: Program) =>
    [...text.matchAll(/^\s*(?:from|import) +(\w+)/gm)].map(([, name = '']) => name);
  const names = [...new Set(programs.flatMap(importsOf))];
  const find = 'import importlib.util, sys; print(*(n for n in sys.argv[1:] if importlib.util.find_spec(n)))';
  const output = execFileSync(python, ['-c', find, ...names], { encoding: 'utf8' });
  const found = new Set(output.trim().split(/\s+/));
  return programs.filter((program) => importsOf(program).every((name) => found.has(name)));
}

/** Every n-th in a sample, and else all. */
export function sample<T>(all: readonly T[], every: number): readonly T[] {
  return extent !== 'sample' ? all : all.filter((_, index) => index % every === 0);
}

function lines(file: string): Record<string, unknown>[] {
  if (!hasWorkloads) return [];
  return readFileSync(workloads + file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}
