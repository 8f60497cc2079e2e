import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { python } from '../../../test/python.js';
import { embeddedKernel } from './embedded-kernel.js';
import type { Output } from './output.js';
import { OutputBudget } from './output-budget.js';
import { runProgram, runSerially, textOf } from './program.fixture.js';

const text = (text: string, name = 'stdout'): Output => ({ output_type: 'stream', name, text }) as Output;
const image = (length: number): Output => ({
  ...{ output_type: 'display_data', data: { 'image/png': 'A'.repeat(length) }, metadata: {} },
});
const result = (length: number): Output => ({
  ...{
    output_type: 'execute_result',
    data: { 'text/plain': 'r'.repeat(length) },
    metadata: {},
    execution_count: 1,
  },
});
const error: Output = { output_type: 'error', ename: 'E', evalue: 'e', traceback: ['t'] };

/** What comes, as one line for each output; notes without their wording. */
function outcome(maxBytes: number, outputs: readonly Output[]): string[] {
  const budget = new OutputBudget(maxBytes);
  return [...outputs.flatMap((output) => budget.spend(output)), ...budget.sum()].map((output) => {
    if (!('text' in output)) return output.output_type;
    const content = String(output.text);
    return output.name === 'stderr'
      ? (/exceeds|truncated: .*left out/.exec(content)?.[0] ?? content)
      : `${content.length}`;
  });
}

describe('OutputBudget', () => {
  it.each<[what: string, maxBytes: number, outputs: Output[], expected: string[]]>([
    ['what fits', 10_000, [text('x'.repeat(9_500))], ['9500']],
    [
      'a text up to its end',
      10_000,
      [text('x'.repeat(9_600))],
      ['9500', 'exceeds', 'truncated: 100 bytes of text left out'],
    ],
    [
      'nothing of later texts',
      1_000,
      [text('x'.repeat(900)), text('y')],
      ['500', 'exceeds', 'truncated: 401 bytes of text left out'],
    ],
    [
      'an image not at all, and what fits after it',
      2_000,
      [image(9_000), text('x'), image(10)],
      ['exceeds', '1', 'display_data', 'truncated: 1 display of 9544 bytes left out'],
    ],
    [
      'the error and the result in any case',
      1_000,
      [text('x'.repeat(900)), error, result(500_000)],
      ['500', 'exceeds', 'error', 'execute_result', 'truncated: 400 bytes of text left out'],
    ],
    ['what clears outputs', 0, [{ output_type: 'clear_output', wait: false }], ['clear_output']],
  ])('passes %s', (_, maxBytes, outputs, expected) => {
    expect(outcome(maxBytes, outputs)).toEqual(expected);
  });

  it('cuts no character in two, and passes no more than it may', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(200), (content, room) => {
        const [first] = new OutputBudget(500 + room).spend(text(content));
        const kept = first && 'text' in first && first.name === 'stdout' ? String(first.text) : '';
        expect(content.startsWith(kept)).toBe(true);
        expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(room);
        const next = String.fromCodePoint(content.codePointAt(kept.length) ?? 0x41);
        if (kept !== content) expect(Buffer.byteLength(kept + next)).toBeGreaterThan(room);
      }),
    );
  });

  it('tells of what was left out since it was last asked', () => {
    const budget = new OutputBudget(0);
    budget.spend(text('abc'));
    expect(budget.sum()).toHaveLength(1);
    expect(budget.sum()).toEqual([]);
  });
});

it('bounds a program on a kernel that cannot take the driver', async () => {
  const script = fileURLToPath(new URL('../python/kernel_without_stdin.py', import.meta.url));
  await using kernel = embeddedKernel({ python, launch: ['{python}', script, '-f', '{connection_file}'] });
  for (const run of [runProgram, runSerially]) {
    const outcome = await run(kernel, 'print("x" * 900)\nprint("y" * 900)\n1 / 0\n', {
      maxOutputBytes: 2_000,
    });
    // Less if the kernel has sent it in two messages, which count by themselves.
    expect(textOf(outcome).length).toBeLessThanOrEqual(1_500);
    expect(textOf(outcome, 'stderr')).toMatch(/exceeds 2000 bytes.*truncated: \d+ bytes of text left out/s);
    expect(outcome.error?.ename).toBe('ZeroDivisionError');
  }
});
