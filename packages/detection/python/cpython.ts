import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** The Python whose grammar the tests measure against. */
const PYTHON = process.env.EAGER_PYTHON ?? 'python3';
const SCRIPT = fileURLToPath(new URL('statements_of.py', import.meta.url));

/** A program that CPython can parse, and where its statements lie: [from, to) in UTF-16 code units. */
export interface ParsedFile {
  readonly program: string;
  readonly statements: readonly (readonly [from: number, to: number])[];
}

/** What CPython says of a program and of chunks of it. All are false where the program is not valid. */
export interface Verdict {
  readonly valid: boolean;
  /** The chunks, each parsed alone, are the first statements of the program. */
  readonly begins: boolean;
  /** The chunks, each parsed alone, are the statements of the program. */
  readonly equal: boolean;
}

/** The paths of the Python files of each installed corpus, by its name. */
export async function listCorpora(): Promise<ReadonlyMap<string, readonly string[]>> {
  for await (const answer of ask('list', []))
    return new Map(Object.entries(answer as Record<string, string[]>));
  return new Map();
}

/** One answer a path, in order; null where CPython cannot parse the file. */
export function parseFiles(paths: Iterable<string>): AsyncIterable<ParsedFile | null> {
  return ask('files', paths) as AsyncIterable<ParsedFile | null>;
}

/** One verdict a question, in order. */
export async function judge(questions: readonly { program: string; chunks: readonly string[] }[]) {
  const verdicts: Verdict[] = [];
  const lines = questions.map((question) => JSON.stringify(question));
  for await (const verdict of ask('judge', lines)) verdicts.push(verdict as Verdict);
  return verdicts;
}

async function* ask(task: string, lines: Iterable<string>): AsyncIterable<unknown> {
  const python = spawn(PYTHON, [SCRIPT, task], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exit = once(python, 'close');
  Readable.from(withNewlines(lines)).pipe(python.stdin);
  for await (const line of createInterface({ input: python.stdout })) yield JSON.parse(line);
  const [code] = await exit;
  if (code !== 0)
    throw new Error(`CPython could not answer: ${PYTHON} ${SCRIPT} ${task} exited with ${code}.`);
}

function* withNewlines(lines: Iterable<string>): Iterable<string> {
  for (const line of lines) yield `${line}\n`;
}
