import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { embeddedKernel } from '@eager/execution';
import type { ICodeCell, INotebookContent } from '@jupyterlab/nbformat';
import { describe, expect, it } from 'vitest';
import { codeCells, executeNotebook, textOf } from './execute-notebook.js';
import { python } from './python.js';

/** Set by `npm run notebooks`, which keeps the outputs instead of comparing them. */
const isToBeWritten = process.env.EAGER_NOTEBOOKS === 'write';

const folder = new URL('../notebooks/', import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith('.ipynb'));
const read = (name: string): INotebookContent => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));

const MAX_IMAGE_BYTES = 60_000;
/** Paths that name the machine or the person: a home, a temporary or a mounted folder. */
const MACHINE_PATH = /(?<![\w.<])\/(home|root|tmp|Users|work|mnt|opt)\/|[A-Z]:\\\\/;

describe.each(names)('%s', { timeout: 240_000 }, (name) => {
  it('runs from top to bottom and gives the outputs that are committed', async () => {
    const committed = read(name);
    await using kernel = embeddedKernel({ python, cwd: fileURLToPath(folder) });
    const executed = await executeNotebook(committed, kernel);
    if (isToBeWritten) {
      writeFileSync(new URL(name, folder), `${JSON.stringify(executed, null, 1)}\n`);
    } else {
      expect(codeCells(executed).map(kindsOf)).toEqual(codeCells(committed).map(kindsOf));
      expect(codeCells(executed).flatMap(fixedText)).toEqual(codeCells(committed).flatMap(fixedText));
    }
  });

  it('is written for everybody: small pictures, no warnings, no paths of a machine', () => {
    const cells = codeCells(read(name));
    const images = cells.flatMap(({ outputs }) => outputs.flatMap(imageOf));
    for (const image of images) expect(image.length * 0.75).toBeLessThan(MAX_IMAGE_BYTES);
    expect(cells.flatMap(kindsOf).filter((kind) => kind.startsWith('stderr'))).toEqual([]);
    expect(JSON.stringify(read(name).cells)).not.toMatch(MACHINE_PATH);
  });
});

it('accepts every notebook by the schema of nbformat 4.5', () => {
  const VALIDATE = `
import json, sys
from nbformat.validator import get_validator
validator = get_validator(4, 5)
json.dump([[error.message for error in validator.iter_errors(each)] for each in json.load(sys.stdin)], sys.stdout)
`;
  const input = JSON.stringify([...names.map(read), { ...read('reading-a-run.ipynb'), nbformat: 3 }]);
  const { stdout } = spawnSync(python, ['-c', VALIDATE], { input, encoding: 'utf8', maxBuffer: 2 ** 26 });
  const objections: string[][] = JSON.parse(stdout);
  expect(objections.pop()).not.toEqual([]);
  expect(objections).toEqual(names.map(() => []));
});

/** Each output of a cell by its kind: the stream it went to, or the formats that it has. */
function kindsOf({ id, outputs }: ICodeCell): string[] {
  return outputs.map((output) => {
    if (output.output_type === 'stream') return `${output.name} of ${id}`;
    if ('data' in output) return `${Object.keys(output.data ?? {}).sort()} of ${id}`;
    return `${output.output_type} of ${id}`;
  });
}

/** What a cell prints, if that is the same whenever and wherever it runs. */
function fixedText({ id, metadata, outputs }: ICodeCell): string[] {
  if (!metadata.tags?.includes('deterministic')) return [];
  return outputs.map((output) => {
    return output.output_type === 'stream' ? `${id}: ${textOf(output.text as string[])}` : '';
  });
}

function imageOf(output: ICodeCell['outputs'][number]): string[] {
  const data = 'data' in output ? (output.data as Record<string, unknown>) : {};
  return typeof data['image/png'] === 'string' ? [data['image/png']] : [];
}
