import { spawnSync } from 'node:child_process';
import type { Token } from '@eager/generation';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Environment, startEnvironment } from '../environments/index.js';
import { tokensOf } from '../pace.js';
import { paperRecipe } from './paper-recipe.js';

const python = process.env.EAGER_PYTHON ?? 'python3';
const hasMatplotlib = spawnSync(python, ['-c', 'import matplotlib']).status === 0;

let environment: Environment;
beforeAll(async () => {
  environment = await startEnvironment('embedded', python);
});
afterAll(() => environment[Symbol.asyncDispose]());

async function runOf(program: string) {
  const tokens = tokensOf(program).map((text, index): Token => ({ text, atMs: index }));
  await using session = await paperRecipe.open(environment);
  const result = await session.run(tokens);
  const printed = result.outputs
    .map((output) => (output.output_type === 'stream' && output.name === 'stdout' ? output.text : ''))
    .join('');
  return { ...result, printed };
}

describe('the recipe of the paper', () => {
  test.each<[name: string, program: string, printed: string]>([
    ['runs statements in order', 'x = 1\nprint(x)\nx += 1\nprint(x)\n', '1\n2\n'],
    [
      'waits for the rest of an if',
      'a = 0\nif a:\n    print(1)\nelif not a:\n    print(2)\nelse:\n    print(3)\n',
      '2\n',
    ],
    [
      'runs decorated functions',
      'import functools\n@functools.cache\ndef f(x):\n    return x * 2\n\nprint(f(4))\n',
      '8\n',
    ],
    ['keeps several statements on a line apart', 'a = 1; b = 2; print(a + b)\n', '3\n'],
    ['takes text over several lines', 't = """a\nb"""\nprint(t)\n', 'a\nb\n'],
    ['prints what is no ASCII', 'print("naïve 🙂")\n', 'naïve 🙂\n'],
    ['is itself the main module', 'if __name__ == "__main__":\n    print("main")\n', 'main\n'],
    ['ends where the program exits', 'import math\nprint(1)\nraise SystemExit\nprint(2)\n', '1\n'],
    ['runs the last statement without a line break', 'print(1)\nprint(2)', '1\n2\n'],
  ])('%s', async (_, program, printed) => {
    expect(await runOf(program)).toMatchObject({ status: 'ok', printed });
  });

  test('runs nothing after an error', async () => {
    const { status, printed, outputs } = await runOf('print(1)\n1 / 0\nprint(2)\n');
    expect([status, printed]).toEqual(['error', '1\n']);
    expect(outputs).toContainEqual(
      expect.objectContaining({ output_type: 'error', ename: 'ZeroDivisionError' }),
    );
  });

  test('runs what came before a syntax error', async () => {
    const { status, printed } = await runOf('print(1)\nprint(2)\nx = (\n');
    expect([status, printed]).toEqual(['error', '1\n2\n']);
  });

  test('defers a definition to the statement that follows', async () => {
    const { statements, batches } = await runOf('def f():\n    return 1\n\nprint(f())\n');
    expect([statements, batches]).toEqual([2, 1]);
  });

  test('holds everything from the import of a listed module on', async () => {
    const { heldMs, batches, printed } = await runOf(
      'print(0)\nimport os\nprint(os.sep)\nprint(1)\nprint(2)\n',
    );
    expect(heldMs).toBeGreaterThan(0);
    expect(batches).toBe(2);
    expect(printed).toBe('0\n/\n1\n2\n');
  });

  test.skipIf(!hasMatplotlib)(
    'renders figures where they are shown, and those left open at the end',
    { timeout: 60_000 },
    async () => {
      const { outputs } = await runOf(
        'import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\nfig, ax = plt.subplots()\nax.plot([2, 1])\n',
      );
      const figures = outputs.filter(({ output_type }) => output_type === 'display_data');
      expect(figures).toHaveLength(2);
      for (const { data } of figures)
        expect(data).toMatchObject({ 'image/png': expect.stringMatching(/^iVBOR/) });
    },
  );
});
