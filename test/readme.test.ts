import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, expect, it, vi } from 'vitest';
import { python } from './python.js';

const example = new URL('./.readme-example.ts', import.meta.url);
afterAll(() => rmSync(example, { force: true }));

it('runs the example of the README', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, code = ''] = /```ts\n([\s\S]*?)```/.exec(readme) ?? [];
  expect(code).toContain('python3');
  writeFileSync(
    example,
    `async function* askYourModel(_prompt: string) {
       yield* ['Here it is:\\n\`\`\`python\\nsquares = [n * n for n in ra', 'nge(10)]\\n', 'sum(squares) / 10\\n\`\`\`\\n'];
     }
     ${code.replace("'python3'", JSON.stringify(python))}`,
  );
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  await import(example.href);
  expect(log.mock.calls).toEqual([
    [2, expect.objectContaining({ output_type: 'execute_result', data: { 'text/plain': '28.5' } })],
    [expect.stringMatching(/^[\d.]+ ms after the last token$/)],
  ]);
  log.mockRestore();
});
