import { spawnSync } from 'node:child_process';
import { expect } from 'vitest';
import { python } from '../python.js';

const VALIDATE = `
import json, sys
try:
    import nbformat
except ImportError:
    sys.exit(0)
nbformat.validate(nbformat.from_dict(json.load(sys.stdin)))
`;

/** The fields that each kind of output must have, and may. */
const OUTPUT_FIELDS: Readonly<Record<string, readonly string[]>> = {
  stream: ['name', 'output_type', 'text'],
  display_data: ['data', 'metadata', 'output_type'],
  execute_result: ['data', 'execution_count', 'metadata', 'output_type'],
  error: ['ename', 'evalue', 'output_type', 'traceback'],
};

/** By hand as far as this project writes notebooks, and by the schema where Python has nbformat. */
export function expectValidNotebook(notebook: unknown): void {
  expect(notebook).toMatchObject({ nbformat: 4, nbformat_minor: 5, metadata: expect.any(Object) });
  const { cells } = notebook as { cells: { id: string; cell_type: string; outputs: object[] }[] };
  for (const cell of cells) {
    expect(cell.id).toMatch(/^[\w-]{1,64}$/);
    for (const output of cell.outputs ?? []) expectValidOutput(output);
  }
  const { status, stderr } = spawnSync(python, ['-c', VALIDATE], {
    input: JSON.stringify(notebook),
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
}

export function expectValidOutput(output: object): void {
  const type = (output as { output_type: string }).output_type;
  expect(Object.keys(output).sort()).toEqual(OUTPUT_FIELDS[type]);
}

/** Fails unless it is well-formed XML, which includes what a file's name brings into it. */
export function expectXml(text: string): void {
  const parse = 'import sys, xml.etree.ElementTree as tree; tree.fromstring(sys.stdin.buffer.read())';
  const { status, stderr } = spawnSync(python, ['-c', parse], { input: text, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
}
