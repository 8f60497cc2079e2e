import { interrupted, setExitCode } from './children.js';
import { lint, reference } from './lint.js';
import { build, install, node } from './steps.js';
import { test, writeNotebooks } from './test.js';

/**
 * The npm scripts. Each gets the arguments that follow its name and resolves to an exit code.
 *
 * @type {ReadonlyMap<string, (args: string[]) => Promise<number>>}
 */
const commands = new Map([
  ['build', async () => 0],
  ['start', async (args) => node('packages/cli/dist/main.js', ['demo', ...args])],
  ['bench', bench],
  ['test', test],
  ['lint', lint],
  ['docs', () => reference()],
  ['notebooks', writeNotebooks],
]);

/**
 * The whole bench is a command of `eager`; its parts one by one, and the README's figures, are this workspace's own.
 *
 * @param {string[]} args
 */
async function bench(args) {
  const isPart = args.includes('--only') || args.includes('--readme');
  return isPart
    ? node('packages/bench/dist/main.js', args)
    : node('packages/cli/dist/main.js', ['bench', ...args]);
}

/**
 * Installs and builds what is not up to date, then runs a command.
 *
 * @param {string[]} argv The name of the command and its arguments.
 */
export async function main([name = '', ...args]) {
  const command = commands.get(name);
  if (command === undefined) {
    console.error(`Unknown command "${name}". There are: ${[...commands.keys()].join(', ')}.`);
    process.exitCode = 2;
    return;
  }
  try {
    setExitCode((await install()) || (await build()) || (await command(args)));
  } catch (error) {
    if (!interrupted.aborted) console.error(describe(error));
    setExitCode(1);
  }
}

/**
 * An error that says what to do needs no stack.
 *
 * @param {unknown} error
 */
function describe(error) {
  return error instanceof Error && error.name === 'PythonSetupError' ? error.message : error;
}
