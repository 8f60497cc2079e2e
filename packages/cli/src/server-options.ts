import { readFile } from 'node:fs/promises';
import type { KernelChoice, ServerOptions } from '@eager/execution';
import { Option } from 'commander';
import { CommandError, EXIT } from './exit-codes.js';

/** The flags that say where a Jupyter server is and how to enter it. */
export interface ServerFlags {
  readonly server?: string | undefined;
  readonly token?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly passwordFile?: string | undefined;
  readonly ca?: string | undefined;
  readonly header?: readonly string[] | undefined;
}

/** The flags that say which kernel of a server to use. */
export interface KernelFlags {
  /** The id of a running kernel, or the name of a kernelspec. */
  readonly kernel?: string | undefined;
  readonly session?: string | undefined;
}

export function serverOptions(): Option[] {
  return [
    new Option('--server <URL>', 'use kernels of this Jupyter server, JupyterHub or gateway'),
    new Option(
      '--token <TOKEN>',
      "the server's token; EAGER_TOKEN, JUPYTER_TOKEN or --token-file keep it out of your shell's history",
    ),
    new Option('--token-file <FILE>', 'a file with the token'),
    new Option(
      '--password-file <FILE>',
      "a file with the password of the server's login form (or EAGER_PASSWORD)",
    ),
    new Option('--ca <FILE>', 'certificate authorities (PEM) that may vouch for the server'),
    new Option(
      '--header <HEADER>',
      "send this header, 'Name: value', with every request (may be repeated)",
    ).argParser((header: string, before: readonly string[] | undefined) => [...(before ?? []), header]),
  ];
}

export function kernelOptions(): Option[] {
  return [
    new Option('--kernel <ID|NAME>', 'a running kernel by its id, or a new one of this kernelspec'),
    new Option('--session <PATH>', 'the kernel of a notebook that is open on the server'),
  ];
}

/** @throws {CommandError} when flags contradict each other, before anything is read or connected to. */
export function checkServerFlags(flags: ServerFlags & KernelFlags, hasPythonFlag = false): void {
  if (flags.server === undefined) {
    const needless = Object.entries(NAMES).find(([name]) => flags[name as keyof typeof NAMES] !== undefined);
    if (needless)
      throw usage(`${needless[1]} says something about a Jupyter server. Name it with --server URL.`);
    return;
  }
  if (hasPythonFlag) throw usage('--python starts a kernel here, --server uses one elsewhere. Choose one.');
  const ways = [
    flags.token && '--token',
    flags.tokenFile && '--token-file',
    flags.passwordFile && '--password-file',
  ];
  const given = ways.filter((way) => way !== undefined && way !== '');
  if (given.length > 1) throw usage(`${given.join(' and ')} are several ways to enter. Choose one.`);
  if (flags.kernel !== undefined && flags.session !== undefined) {
    throw usage('--kernel and --session both choose the kernel. Choose one.');
  }
  for (const header of flags.header ?? []) parseHeader(header);
}

/** What the library needs to enter the server. Secrets come from flags, files or the environment, in this order. */
export async function serverAccess(flags: ServerFlags, env = process.env): Promise<ServerOptions> {
  const { server: url = '', token, tokenFile, passwordFile } = flags;
  const fromFile = tokenFile === undefined ? undefined : await readSecret('--token-file', tokenFile);
  const password = passwordFile === undefined ? undefined : await readSecret('--password-file', passwordFile);
  const givenToken = token ?? fromFile;
  const isChosen = givenToken !== undefined || password !== undefined;
  return {
    url,
    token: isChosen ? givenToken : env.EAGER_TOKEN || env.JUPYTER_TOKEN || undefined,
    password: password ?? (isChosen ? undefined : env.EAGER_PASSWORD || undefined),
    headers: Object.fromEntries((flags.header ?? []).map(parseHeader)),
    ca: flags.ca === undefined ? undefined : await readSecret('--ca', flags.ca),
  };
}

/** @param env what a new kernel gets, besides the `KERNEL_` variables that gateways want to know */
export function kernelChoice(
  { kernel, session }: KernelFlags,
  env: Readonly<Record<string, string>>,
): KernelChoice {
  if (session !== undefined) return { session };
  if (kernel !== undefined && isKernelId(kernel)) return { kernelId: kernel };
  const forGateways = Object.entries(process.env).filter(([name]) => name.startsWith('KERNEL_'));
  return {
    kernelName: kernel,
    env: { ...Object.fromEntries(forGateways), ...env } as Record<string, string>,
  };
}

/** Servers give kernels UUIDs; a kernelspec that is named like one could not be told from a kernel. */
export function isKernelId(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

/** Arguments are seen by every user of the machine, in the list of processes: it gets a name instead. */
export function hideSecrets(argv: readonly string[], host: { title: string } = process): void {
  const isSecret = (argument: string) => /^--(token|header)(=|$)|[?&]token=/.test(argument);
  if (argv.some(isSecret)) host.title = 'eager';
}

const NAMES = {
  token: '--token',
  tokenFile: '--token-file',
  passwordFile: '--password-file',
  ca: '--ca',
  header: '--header',
  kernel: '--kernel',
  session: '--session',
} as const;

function parseHeader(header: string): readonly [string, string] {
  const [, name, value] = /^([!#$%&'*+.^_`|~0-9a-z-]+):[ \t]*(.*)$/i.exec(header) ?? [];
  // The value may be a secret, so it is not repeated.
  if (name === undefined || value === undefined) throw usage("--header: give it like this: 'Name: value'.");
  return [name, value.trim()];
}

async function readSecret(flag: string, file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    throw usage(`${flag} ${file} cannot be read: ${error instanceof Error ? error.message : error}.`);
  }
}

function usage(message: string): CommandError {
  return new CommandError(message, EXIT.usage);
}
