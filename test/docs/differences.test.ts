import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunEvent, run$ } from '@eager/engine';
import { embeddedKernel } from '@eager/execution';
import { fromText } from '@eager/generation';
import { afterAll, describe, expect, it } from 'vitest';
import { python } from '../python.js';

const page = readFileSync(new URL('../../packages/engine/DIFFERENCES.md', import.meta.url), 'utf8');
const EXAMPLE = /```python\n([\s\S]*?)```\n\n```text script\n([\s\S]*?)```\n\n```text eager\n([\s\S]*?)```/g;
const examples = [...page.matchAll(EXAMPLE)].map(([, program = '', asScript = '', eagerly = '']) => ({
  program,
  asScript: linesOf(asScript),
  eagerly: linesOf(eagerly),
}));

const folder = mkdtempSync(join(tmpdir(), 'eager-differences-'));
const kernel = embeddedKernel({ python, cwd: folder });
afterAll(async () => {
  await kernel[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

describe('the page about differences', () => {
  it('has an example of each', () => {
    expect(examples.length).toBe([...page.matchAll(/```python\n/g)].length);
  });

  it.each(examples)('tells how $program runs as a script', ({ program, asScript }) => {
    writeFileSync(join(folder, 'program.py'), program);
    const { stdout, stderr } = spawnSync(python, ['program.py'], { cwd: folder, encoding: 'utf8' });
    const error = stderr.trimEnd().split('\n').at(-1) ?? '';
    expectLines([...linesOf(stdout.replaceAll(`${folder}/`, '')), ...linesOf(error)], asScript);
  });

  it.each(examples)('tells how $program runs eagerly', async ({ program, eagerly }) => {
    let text = '';
    await run$(fromText(program, { tokensPerSecond: 2000 }), kernel).forEach((event) => {
      text += textOf(event);
    });
    expectLines(linesOf(text), eagerly);
  });
});

/** The last line, which may be an error, is only the beginning of what Python says. */
function expectLines(found: readonly string[], told: readonly string[]): void {
  expect(found.map((line, index) => line.slice(0, told[index]?.length ?? line.length))).toEqual(told);
}

/** What a reader sees of an event, without what is special to IPython: warnings, and usage texts of other modules. */
function textOf(event: RunEvent): string {
  if (event.type !== 'output') return '';
  const { output } = event;
  switch (output.output_type) {
    case 'stream':
      return output.name === 'stdout' ? [output.text].flat().join('') : '';
    case 'execute_result':
      return `${output.data['text/plain']}\n`;
    case 'error':
      return `${output.ename}: ${output.evalue}\n`;
    default:
      return '';
  }
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
