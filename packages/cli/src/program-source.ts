import { readFile, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { buffer } from 'node:stream/consumers';
import {
  type Clock,
  codeFences,
  fromRecording,
  fromStream,
  fromText,
  InvalidUtf8Error,
  isRecording,
  parseRecording,
  RecordingFormatError,
  type Token,
  Utf8Decoder,
} from '@eager/generation';
import { catchError, identity, type MonoTypeOperatorFunction, map, type Observable, throwError } from 'rxjs';
import { CommandError } from './exit-codes.js';

export interface SourceOptions {
  /** Tokens per second for a file; without it, the whole text arrives at once. */
  readonly rate?: number | undefined;
  /** The input is markdown with fenced code. By default files named `.md` and recordings with a fence are. */
  readonly markdown?: boolean | undefined;
}

/** Where a program comes from: a source that starts with the clock, whenever the run does. */
export type ProgramSource = (clock: Clock) => Observable<Token>;

/**
 * The program in FILE, or on standard input for `-`.
 *
 * @param asArrived sees the text before code is taken out of it
 * @throws {CommandError} when the file cannot be read or is no text
 */
export async function programSource(
  file: string,
  options: SourceOptions,
  asArrived: MonoTypeOperatorFunction<Token> = identity,
): Promise<ProgramSource> {
  if (file === '-') return fromStdin(options, asArrived);
  const text = await readProgram(file);
  if (isRecording(text)) {
    const recording = parse(file, text);
    const isMarkdown = options.markdown ?? hasFence(recording.tokens.map((token) => token.text).join(''));
    return (clock) => asCode(fromRecording(recording, { clock }).pipe(asArrived), isMarkdown);
  }
  const isMarkdown = options.markdown ?? ['.md', '.markdown'].includes(extname(file).toLowerCase());
  const tokensPerSecond = options.rate ?? Number.POSITIVE_INFINITY;
  return (clock) => asCode(fromText(text, { tokensPerSecond, clock }).pipe(asArrived), isMarkdown);
}

/** The text of a file, or of standard input for `-`, without a byte order mark. */
export async function readProgram(file: string): Promise<string> {
  const name = file === '-' ? 'Standard input' : file;
  const bytes = await (file === '-' ? buffer(process.stdin) : readFile(file)).catch(
    async (error: NodeJS.ErrnoException) => {
      throw new CommandError(await whyUnreadable(name, error));
    },
  );
  const zeroAt = bytes.indexOf(0);
  if (zeroAt >= 0) {
    throw new CommandError(
      `${name} is a binary file: its byte ${zeroAt} is zero. Give a Python program or a recording.`,
    );
  }
  try {
    const decoder = new Utf8Decoder();
    const text = decoder.decode(bytes);
    decoder.end();
    return text.replace(/^\uFEFF/, '');
  } catch (error) {
    throw asCommandError(name, error);
  }
}

function fromStdin(
  { markdown = false }: SourceOptions,
  asArrived: MonoTypeOperatorFunction<Token>,
): ProgramSource {
  return (clock) =>
    asCode(fromStream(process.stdin, { clock }).pipe(withoutByteOrderMark(), asArrived), markdown).pipe(
      catchError((error: unknown) => throwError(() => asCommandError('Standard input', error))),
    );
}

function asCommandError(name: string, error: unknown): unknown {
  return error instanceof InvalidUtf8Error
    ? new CommandError(`${name} is not valid UTF-8. ${error.message}`)
    : error;
}

/** Some shells begin what they pipe with one, and Python takes none in a cell. */
function withoutByteOrderMark(): MonoTypeOperatorFunction<Token> {
  return map((token, index) => (index === 0 ? { ...token, text: token.text.replace(/^\uFEFF/, '') } : token));
}

function asCode(tokens$: Observable<Token>, isMarkdown: boolean): Observable<Token> {
  return isMarkdown ? tokens$.pipe(codeFences()) : tokens$;
}

function hasFence(text: string): boolean {
  return /^[\s>]*(?:[-*+]\s+|\d+[.)]\s+)*(?:```|~~~)/m.test(text);
}

function parse(file: string, text: string) {
  try {
    return parseRecording(text);
  } catch (error) {
    if (error instanceof RecordingFormatError) throw new CommandError(`${file}: ${error.message}`);
    throw error;
  }
}

async function whyUnreadable(file: string, error: NodeJS.ErrnoException): Promise<string> {
  if (error.code === 'ENOENT')
    return `There is no file ${file}. Check its name, or use - for standard input.`;
  if (error.code === 'EACCES') return `${file} cannot be read: permission denied.`;
  if ((await stat(file).catch(() => undefined))?.isDirectory()) {
    return `${file} is a folder. Give a Python program or a recording.`;
  }
  return `${file} cannot be read: ${error.message}`;
}
