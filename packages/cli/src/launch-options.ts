import type { EmbeddedKernelOptions } from '@eager/execution';
import { InvalidArgumentError, Option } from 'commander';
import { CommandError, EXIT } from './exit-codes.js';
import { splitWords } from './split-words.js';

/** The flags that say how a kernel is started on this machine. */
export interface LaunchFlags {
  readonly sandbox?: boolean | undefined;
  readonly writable?: boolean | undefined;
  /** Megabytes. */
  readonly memory?: number | undefined;
  /** Seconds. */
  readonly cpu?: number | undefined;
  /** The words of a command. */
  readonly launch?: readonly string[] | undefined;
  /** Names of modules. */
  readonly preload?: readonly string[] | undefined;
}

export function launchOptions(): Option[] {
  return [
    new Option('--sandbox', 'no network, a read-only view of the working folder and of little else'),
    new Option('--writable', 'the sandboxed program may write to the working folder'),
    new Option('--memory <MB>', 'memory for each process in the sandbox (default: 4096)').argParser(
      wholeNumber,
    ),
    new Option('--cpu <SECONDS>', 'CPU time for each process in the sandbox').argParser(wholeNumber),
    new Option(
      '--launch <COMMAND>',
      'a command that starts the kernel; {connection_file}, {folder} and {python} are replaced',
    ).argParser(commandWords),
    new Option(
      '--preload <MODULES>',
      'import these, as in pandas,matplotlib.pyplot, before the kernel is made',
    ).argParser(moduleNames),
  ];
}

/** @throws {CommandError} when flags make no sense together, before anything is started. */
export function checkLaunchFlags(
  flags: LaunchFlags & { readonly server?: string | undefined },
  hasPythonFlag = false,
): void {
  const [way, other] = (['sandbox', 'launch', 'preload'] as const).filter(
    (name) => flags[name] !== undefined,
  );
  if (other !== undefined)
    throw usage(`--${way} and --${other} both say how the kernel is started. Choose one.`);
  const detail = (['writable', 'memory', 'cpu'] as const).find((name) => flags[name] !== undefined);
  const here = way ?? detail;
  if (flags.server !== undefined && here !== undefined) {
    throw usage(`--${here} is for a kernel that is started here, --server uses one elsewhere. Choose one.`);
  }
  if (detail !== undefined && !flags.sandbox) {
    throw usage(`--${detail} says something about a sandbox. Ask for one with --sandbox.`);
  }
  if (hasPythonFlag && flags.launch && !namesPython(flags.launch)) {
    throw usage(
      '--python has no place in the --launch command. Write {python} there, or leave --python out.',
    );
  }
}

/** Whether a launch command runs an interpreter of this machine; a container has one of its own. */
export function namesPython(launch: readonly string[]): boolean {
  return launch.some((word) => word.includes('{python}'));
}

/** What the library needs to start the kernel in this way, other than a fork server. */
export function launchChoice({
  sandbox,
  writable = false,
  memory,
  cpu,
  launch,
}: LaunchFlags): Pick<EmbeddedKernelOptions, 'sandbox' | 'launch'> {
  if (launch) return { launch };
  if (!sandbox) return {};
  return {
    sandbox: {
      writable,
      ...(memory !== undefined && { memoryBytes: memory * 2 ** 20 }),
      ...(cpu !== undefined && { cpuSeconds: cpu }),
    },
  };
}

function commandWords(text: string): readonly string[] {
  const words = splitWords(text);
  if (words === undefined) throw new InvalidArgumentError('It has a quotation mark without an end.');
  if (words.length === 0) throw new InvalidArgumentError('It is empty.');
  if (!words.some((word) => /\{(connection_file|folder)\}/.test(word))) {
    throw new InvalidArgumentError(
      'It must say {connection_file}, or the kernel would not know where to listen.',
    );
  }
  return words;
}

function moduleNames(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  const wrong = names.find((name) => !/^[\p{L}_][\p{L}\p{N}_]*(\.[\p{L}_][\p{L}\p{N}_]*)*$/u.test(name));
  if (wrong !== undefined) throw new InvalidArgumentError(`"${wrong}" is not the name of a Python module.`);
  return names;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || !Number.isSafeInteger(value * 2 ** 20)) {
    throw new InvalidArgumentError('It must be a whole number greater than 0.');
  }
  return value;
}

function usage(message: string): CommandError {
  return new CommandError(message, EXIT.usage);
}
