import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { Message } from '@eager/generation';
import { CommandError } from '../exit-codes.js';

/** The last conversation with a model, for `--continue`. */
export interface Conversation {
  readonly messages: readonly Message[];
  /** The statements whose results are on its kernel, with what each has changed outside of the program. */
  readonly statements: readonly KeptStatement[];
  /** The kernel, if it stays when the command has ended: one of a server that was there before. */
  readonly kernel?: KeptKernel;
}

export interface KeptStatement {
  readonly source: string;
  /** For people: `writes file "out.csv"`. */
  readonly effects: readonly string[];
}

interface KeptKernel {
  readonly server: string;
  readonly kernel?: string | undefined;
  readonly session?: string | undefined;
}

/** @throws {CommandError} when there is none, or it cannot be read */
export async function loadConversation(file = conversationFile()): Promise<Conversation> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    throw new CommandError('There is no conversation to continue. Ask without --continue first.');
  }
  try {
    const { version, messages, statements, kernel } = JSON.parse(text);
    if (version !== VERSION || !Array.isArray(messages) || !Array.isArray(statements)) throw new Error();
    return { messages, statements, ...(kernel && { kernel }) };
  } catch {
    throw new CommandError(
      `${file} holds no conversation that this version can read. Ask without --continue.`,
    );
  }
}

/** Keeps the conversation for its user alone: prompts and data are in it. */
export async function saveConversation(conversation: Conversation, file = conversationFile()): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  // A reader never sees half of it.
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, JSON.stringify({ version: VERSION, ...conversation }), { mode: 0o600 });
  await rename(temporary, file);
}

const VERSION = 1;

/** `EAGER_STATE`, or `eager` where the platform keeps the state of programs. */
function conversationFile(env: NodeJS.ProcessEnv = process.env): string {
  return join(env.EAGER_STATE ? resolve(env.EAGER_STATE) : stateDirectory(env), 'conversation.json');
}

function stateDirectory(env: NodeJS.ProcessEnv): string {
  const home = homedir();
  if (process.platform === 'win32') return join(env.LOCALAPPDATA || join(home, 'AppData', 'Local'), 'eager');
  if (process.platform === 'darwin') return join(home, 'Library', 'Application Support', 'eager');
  // The XDG specification has relative paths ignored.
  const xdg = env.XDG_STATE_HOME;
  return join(xdg && isAbsolute(xdg) ? xdg : join(home, '.local', 'state'), 'eager');
}
