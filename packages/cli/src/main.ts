#!/usr/bin/env node
import { DEFAULT_MAX_OUTPUT_BYTES } from '@eager/execution';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { modelOptions } from './ask/model-options.js';
import { askCommand } from './commands/ask.js';
import { benchCommand } from './commands/bench.js';
import { compareCommand } from './commands/compare.js';
import { demo } from './commands/demo.js';
import { kernelsCommand } from './commands/kernels.js';
import { runCommand } from './commands/run.js';
import { parseFeeding, segmentCommand } from './commands/segment.js';
import { setupCommand } from './commands/setup.js';
import { CommandError, EXIT } from './exit-codes.js';
import { GATES } from './gate-options.js';
import { checkLaunchFlags, launchOptions } from './launch-options.js';
import { checkServerFlags, hideSecrets, kernelOptions, serverOptions } from './server-options.js';
import { InterruptedError, type Interruption, interruptible } from './signals.js';

const EXIT_CODES = `
Exit codes: 0 success, 1 failure, 2 wrong usage, 3 the Python program raised, 130 and 143 ended by a signal.`;

const ASK_HELP = `
The model is named by --model and reached with OPENAI_API_KEY or ANTHROPIC_API_KEY, or at --base-url: any server that
speaks the API of OpenAI or Anthropic will do. The program's output goes to stdout, all else to stderr.

At the first Python error the answer is stopped, and the model is told what ran, what that showed, and what failed. It
goes on from there, or writes the program anew; what ran is not run again.

The conversation is kept for --continue. Its variables are, too, on a kernel that stays: --server URL --kernel ID. Any
other kernel ends with the command, and --continue makes the variables anew: the earlier statements run again first, but
none that wrote a file, started a process or used the network. Those are listed, and the model is told of them. What
depends on chance, on the time, or on files that have changed may come out differently.

Several blocks of Python in one answer are one program, in their order.

Examples:
  eager ask "Which shop sold most?" --attach sales.csv --model gpt-5-mini
  eager ask "Plot it by month." --continue --save months.ipynb
  eager ask "Sum the first 10 primes." --base-url http://localhost:11434/v1 --model qwen3-coder`;

hideSecrets(process.argv);
process.exitCode = await main(process.argv);

/** Runs one command line and returns its exit code. Every error that a user can cause is a message, not a stack. */
async function main(argv: readonly string[]): Promise<number> {
  // A reader that closes our output early, as `head` does, is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  using interruption = interruptible();
  let exitCode: number = EXIT.ok;
  try {
    await commandLine(interruption, (code) => {
      exitCode = code;
    }).parseAsync(argv);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (error instanceof InterruptedError || interruption.signal.aborted) {
      return interruption.exitCode ?? EXIT.failure;
    }
    process.stderr.write(`eager: ${error instanceof Error ? error.message : error}\n`);
    return error instanceof CommandError ? error.exitCode : EXIT.failure;
  }
  return interruption.exitCode ?? exitCode;
}

function commandLine({ signal }: Interruption, finish: (exitCode: number) => void): Command {
  const program = new Command('eager')
    .description('Runs Python on a Jupyter kernel while it is still being written.')
    .version('0.1.0')
    .addHelpText('after', EXIT_CODES)
    .exitOverride()
    .configureHelp({ showGlobalOptions: true });

  const run = program
    .command('run')
    .description('run code while it arrives')
    .argument(
      '[file]',
      'a Python program, markdown with fenced code, a recording, or - for standard input',
      '-',
    )
    .addOption(rateOption('as fast as it can be read'))
    .option('--markdown', 'the input is markdown: run its Python code fences (files named .md are)')
    .addOption(gateOption())
    .option('--serial', 'wait for the whole program, then run it: the baseline')
    .option('--stop-on-error', 'stop reading at the first Python error')
    .addOption(timeoutOption())
    .addOption(statementTimeoutOption())
    .addOption(maxOutputOption())
    .option('--save <NB.ipynb>', 'write the program and its outputs as a notebook')
    .option('--timeline <FILE>', 'draw the run into FILE.svg or FILE.html')
    .option('--record <FILE>', 'keep the text with its times, to run it again at its own pace')
    .option('--json', 'print versioned NDJSON events to stdout, and nothing else')
    .addHelpText('after', EXIT_CODES)
    .action(async (file, options) => finish(await runCommand(file, options, signal)));
  runsOnKernel(run);

  const ask = program
    .command('ask')
    .description('ask a model, run its answer while it is written, and have it repaired')
    .argument('<prompt>', 'what is to be done')
    .option('--attach <FILE...>', 'describe these files to the model: columns, types, a few rows')
    .option('--tool', 'have the code written into the arguments of a tool, for models that prefer that')
    .option('--continue', 'go on with the last conversation and its variables: see below')
    .addOption(
      new Option('--repair <N>', 'how often the model may repair its program').argParser(count).default(2),
    )
    .addOption(
      new Option('--repair-by <WAY>', 'go on from the error, start anew, or choose by the error')
        .choices(['resume', 'restart', 'auto'])
        .default('auto'),
    )
    .addOption(
      new Option(
        '--max-tokens <N>',
        'how many tokens all answers together may have (default: no limit)',
      ).argParser(positiveCount),
    )
    .addOption(gateOption())
    .addOption(timeoutOption())
    .addOption(statementTimeoutOption())
    .addOption(maxOutputOption())
    .option(
      '--save <NB.ipynb>',
      'write the program that ran, repairs included, and its outputs as a notebook',
    )
    .option('--timeline <FILE>', 'draw the attempts into FILE.svg or FILE.html')
    .option(
      '--record <FILE>',
      'keep the answer with its times, to run it again; repairs go to FILE-2, FILE-3, …',
    )
    .option('--json', 'print versioned NDJSON events to stdout, and nothing else')
    .addHelpText('after', ASK_HELP)
    .addHelpText('after', EXIT_CODES)
    .action(async (prompt, options) => finish(await askCommand(prompt, options, signal)));
  for (const option of modelOptions(positiveNumber)) ask.addOption(option);
  runsOnKernel(ask);

  const compare = program
    .command('compare')
    .description('run a program serially, then eagerly, and compare times and outputs')
    .argument('<file>', 'a Python program, markdown with fenced code, or a recording')
    .addOption(rateOption('50').default(50))
    .option('--markdown', 'the input is markdown: run its Python code fences (files named .md are)')
    .addOption(gateOption())
    .addOption(timeoutOption())
    .addOption(maxOutputOption())
    .option('--timeline <FILE>', 'draw both runs into FILE.svg or FILE.html')
    .option('--json', 'print versioned NDJSON to stdout, the comparison as its last line')
    .addHelpText(
      'after',
      '\nExit codes: 0 the outputs are equal, 1 they differ or the comparison failed, 2 wrong usage.',
    )
    .action(async (file, options) => finish(await compareCommand(file, options, signal)));
  runsOnKernel(compare);

  const kernels = program
    .command('kernels')
    .description('show what runs on a Jupyter server, and what can be started there')
    .option('--json', 'print a line of JSON for each kernel and each kernelspec')
    .action(async (options) => finish(await kernelsCommand(options)));
  for (const option of serverOptions()) kernels.addOption(option);

  program
    .command('segment')
    .description('show the statements of a program, as detection finds them')
    .argument('<file>', 'a Python program, or - for standard input')
    .addOption(
      new Option('--tokens <HOW>', 'feed the text as whole, chars, or random:SEED')
        .default(parseFeeding('whole'), 'whole')
        .argParser(parseFeeding),
    )
    .option('--json', 'print one line of JSON a statement')
    .action(async (file, options) => finish(await segmentCommand(file, options, signal)));

  program
    .command('setup')
    .description('prepare Python, or check the one that is given')
    .option('--json', 'print the result as a line of JSON')
    .addOption(pythonOption())
    .action(async (options) => finish(await setupCommand(options, signal)));

  program
    .command('demo')
    .description('show a recorded answer of a model, run serially and then eagerly')
    .addOption(pythonOption())
    .action(async (options) => finish(await demo(options, signal)));

  program
    .command('bench')
    .description('measure eager runs beside serial ones and other ways to run ahead, and write a report')
    .option('--quick', 'a look, in less than three minutes')
    .option('--full', 'every program at every pace: hours, which may be interrupted and continued')
    .option(
      '--out <FOLDER>',
      'where results and report go; what is there is not measured again',
      '.eager/bench',
    )
    .addOption(
      new Option('--workload <NAME...>', 'only these workloads').choices([
        ...['plots', 'analysis', 'functions', 'execution-heavy', 'generation-heavy'],
      ]),
    )
    .addOption(new Option('--seed <NUMBER>', 'chooses order and jitter').argParser(positiveNumber).default(1))
    .addOption(pythonOption())
    .action(async (options) => finish(await benchCommand(options, signal)));

  return program;
}

/** Gives a command the options that say where its program runs, and checks first that they make sense together. */
function runsOnKernel(command: Command): void {
  const options = [
    pythonOption(),
    noSetupOption(),
    ...launchOptions(),
    ...serverOptions(),
    ...kernelOptions(),
  ];
  for (const option of options) command.addOption(option);
  command.hook('preAction', () => {
    checkServerFlags(command.opts(), isOnCommandLine('python', command));
    checkLaunchFlags(command.opts(), isOnCommandLine('python', command));
  });
}

/** Whether the user has typed it: what the environment says gives way to it. */
function isOnCommandLine(option: string, command: Command): boolean {
  return command.getOptionValueSource(option) === 'cli';
}

function rateOption(byDefault: string): Option {
  return new Option(
    '--rate <TOKENS>',
    `tokens per second at which a file arrives (default: ${byDefault}); recordings keep their own pace`,
  ).argParser(positiveNumber);
}

function gateOption(): Option {
  return new Option(
    '--gate <POLICY>',
    'what may happen to files, processes and the network before the program is complete',
  )
    .choices(GATES)
    .default('effects');
}

function timeoutOption(): Option {
  return new Option(
    '--timeout <SECONDS>',
    'interrupt the run after this time, the wait for the model and the kernel included, keeping its outputs',
  ).argParser(positiveNumber);
}

function statementTimeoutOption(): Option {
  return new Option(
    '--statement-timeout <SECONDS>',
    'interrupt the run when a statement has run for this time, what the gate holds it for not included',
  ).argParser(positiveNumber);
}

function maxOutputOption(): Option {
  return new Option(
    '--max-output <MB>',
    `leave out what the program outputs beyond this (default: ${DEFAULT_MAX_OUTPUT_BYTES / 1e6})`,
  ).argParser(positiveNumber);
}

function pythonOption(): Option {
  return new Option('--python <PATH>', 'the interpreter to use; it needs ipykernel 6.29 or newer').env(
    'EAGER_PYTHON',
  );
}

function noSetupOption(): Option {
  return new Option('--no-setup', 'fail rather than prepare Python when that has not been done yet');
}

function count(text: string): number {
  if (!/^\d{1,3}$/.test(text)) throw new InvalidArgumentError('It must be a whole number, 0 or more.');
  return Number(text);
}

function positiveCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number, 1 or more.');
  return Number(text);
}

function positiveNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value > 0) || value === Number.POSITIVE_INFINITY) {
    throw new InvalidArgumentError('It must be a number greater than 0.');
  }
  return value;
}
