import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { type NotebookProgram, toNotebook } from './notebook.js';

const program: NotebookProgram = {
  source: 'import math\nprint("π")\nmath.pi',
  outputs: [
    { output_type: 'stream', name: 'stdout', text: 'π\n' },
    { output_type: 'display_data', data: { 'image/png': 'iVBORw0KGgo=', 'text/plain': 'x' }, metadata: {} },
    { output_type: 'execute_result', execution_count: 3, data: { 'text/plain': '3.14' }, metadata: {} },
    { output_type: 'error', ename: 'E', evalue: 'e', traceback: ['E: e'] },
  ],
  executionCount: 3,
  languageInfo: { name: 'python', version: '3.11.7', file_extension: '.py', mimetype: 'text/x-python' },
};

/** Programs with …, which between them use every branch of the format that we write. */
const programs: Record<string, NotebookProgram> = {
  'every kind of output': program,
  'a prompt': { ...program, markdown: 'Compute *π*.\n\nThen print it.' },
  'nothing in it, not even a run': { ...program, source: '', outputs: [], executionCount: null },
};

describe('toNotebook', () => {
  it('has the program as its one code cell', () => {
    const { cells } = toNotebook(program);
    expect(cells).toEqual([
      {
        id: 'program',
        cell_type: 'code',
        metadata: {},
        execution_count: 3,
        source: ['import math\n', 'print("π")\n', 'math.pi'],
        outputs: program.outputs,
      },
    ]);
  });

  it('puts markdown in a cell of its own above the program', () => {
    const { cells } = toNotebook({ ...program, markdown: 'Compute π.' });
    expect(cells.map(({ cell_type, id, source }) => ({ cell_type, id, source }))).toEqual([
      { cell_type: 'markdown', id: 'prompt', source: ['Compute π.'] },
      { cell_type: 'code', id: 'program', source: ['import math\n', 'print("π")\n', 'math.pi'] },
    ]);
  });

  it.each(['', 'x', 'x\n', 'x\n\n\ny', 'x\r\ny\r\n', '\n'])(
    'keeps the source %j when its lines are joined',
    (source) => {
      const [cell] = toNotebook({ ...program, source }).cells;
      expect([cell?.source ?? 'missing'].flat().join('')).toBe(source);
    },
  );

  it('says what opens it: the format, the language and the kernel', () => {
    const { nbformat, nbformat_minor, metadata } = toNotebook(program);
    expect([nbformat, nbformat_minor]).toEqual([4, 5]);
    expect(metadata.language_info).toEqual(program.languageInfo);
    expect(metadata.kernelspec?.name).toBe('python3');
  });
});

const python = process.env.EAGER_PYTHON ?? 'python3';
const FIND = 'import importlib.util, sys; sys.exit(importlib.util.find_spec("nbformat") is None)';
const hasNbformat = spawnSync(python, ['-c', FIND]).status === 0;

// The schema is part of Python's nbformat package, which comes with jupyter_server but not with ipykernel alone.
describe.skipIf(!hasNbformat)('the official schema of nbformat 4.5', () => {
  const VALIDATE = `
import json, sys
from nbformat.validator import get_validator
validator = get_validator(4, 5)
json.dump([[error.message for error in validator.iter_errors(each)] for each in json.load(sys.stdin)], sys.stdout)
`;
  /** What the schema says against each notebook. One process for all, because it takes seconds to start. */
  const objections = (notebooks: readonly unknown[]): string[][] => {
    const options = { input: JSON.stringify(notebooks), encoding: 'utf8' } as const;
    return JSON.parse(spawnSync(python, ['-c', VALIDATE], options).stdout);
  };

  it('accepts every notebook that we write, and would reject one without cell ids', () => {
    const notebook = toNotebook(program);
    const withoutIds = { ...notebook, cells: notebook.cells.map(({ id: _id, ...cell }) => cell) };
    const [rejected, ...accepted] = objections([withoutIds, ...Object.values(programs).map(toNotebook)]);
    expect(rejected).not.toEqual([]);
    expect(Object.fromEntries(Object.keys(programs).map((name, index) => [name, accepted[index]]))).toEqual({
      'every kind of output': [],
      'a prompt': [],
      'nothing in it, not even a run': [],
    });
  });
});
