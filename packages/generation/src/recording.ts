import {
  concat,
  defer,
  finalize,
  type MonoTypeOperatorFunction,
  type Observable,
  tap,
  throwError,
} from 'rxjs';
import type { Clock } from './clock.js';
import { replay } from './replay.js';
import type { Token } from './token.js';

/**
 * What a model wrote and when.
 *
 * Its file form is NDJSON, UTF-8, one JSON object a line: a header
 * `{"type":"recording","version":1,"model":"…","ttftMs":…}`, with `"failure":"…"` if there was one, then a line
 * `{"atMs":…,"text":"…"}` for each token in order. Unknown fields are ignored.
 */
export interface Recording {
  /** Who wrote the text: a model's name, or how the recording was made. */
  readonly model: string;
  /** Time to first token, in milliseconds from the first request; 0 if there was none. */
  readonly ttftMs: number;
  /** `atMs` counts milliseconds from the first request. */
  readonly tokens: readonly Token[];
  /** Why the text stops before its end; absent when it is whole. A replay fails there too: half a program is none. */
  readonly failure?: string;
}

/** A replay has come to where generation broke off when it was recorded. */
export class RecordedFailureError extends Error {
  override readonly name = 'RecordedFailureError';

  constructor(failure: string) {
    super(`The recording is of a text that broke off: ${failure}`);
  }
}

/** A text is no valid recording. The message names the line, what is wrong with it and what was expected. */
export class RecordingFormatError extends Error {
  override readonly name = 'RecordingFormatError';
  /** Counted from 1. */
  readonly line: number;

  constructor(line: number, problem: string, expected: string) {
    super(`Recording, line ${line}: ${problem}; expected ${expected}.`);
    this.line = line;
  }
}

export interface ReplayOptions {
  /** Stamps the tokens. Its zero is the run's; by default the moment of subscription. */
  readonly clock?: Clock;
  /** 2 replays in half the time, `Infinity` at once; 1 by default. */
  readonly speed?: number;
}

/**
 * Keeps the tokens that pass, with their times.
 *
 * @param model goes into the recording
 * @param keep is called once for each subscription: when the text ends or fails, or when it is unsubscribed before
 *   that
 */
export function record(model: string, keep: (recording: Recording) => void): MonoTypeOperatorFunction<Token> {
  return (tokens$) =>
    defer(() => {
      const tokens: Token[] = [];
      let failure: string | undefined = 'It was stopped before its end.';
      return tokens$.pipe(
        tap({
          next: (token) => tokens.push(token),
          error: (error: unknown) => {
            failure = error instanceof Error ? error.message : String(error);
          },
          complete: () => {
            failure = undefined;
          },
        }),
        finalize(() => {
          const ttftMs = tokens.find(({ text }) => text !== '')?.atMs ?? 0;
          keep({ model, ttftMs, tokens, ...(failure !== undefined && { failure }) });
        }),
      );
    });
}

/**
 * Replays a recording at its own pace, counted from the subscription. Fails with a {@link RecordedFailureError} after
 * the tokens of one that broke off.
 *
 * @throws RangeError when `speed` is not greater than 0.
 */
export function fromRecording(
  recording: Recording,
  { clock, speed = 1 }: ReplayOptions = {},
): Observable<Token> {
  if (!(speed > 0))
    throw new RangeError(`speed is ${speed}, but must be a number greater than 0, or Infinity.`);
  const { tokens, failure } = recording;
  const tokens$ = replay(
    tokens.map(({ text, atMs }) => ({ text, atMs: atMs / speed })),
    clock,
  );
  return failure === undefined
    ? tokens$
    : concat(
        tokens$,
        throwError(() => new RecordedFailureError(failure)),
      );
}

/** Whether a text means to be a recording: its first line is the header of one, of any version. */
export function isRecording(text: string): boolean {
  const [header = ''] = text.split('\n', 1);
  try {
    const value: unknown = JSON.parse(header);
    return isObject(value) && value.type === 'recording';
  } catch {
    return false;
  }
}

/** @throws RecordingFormatError at the first line that is wrong. */
export function parseRecording(text: string): Recording {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const header = parseHeader(lines[0]);
  const tokens: Token[] = [];
  for (const [index, line] of lines.entries()) {
    if (index > 0) tokens.push(parseToken(line, index + 1, tokens.at(-1)?.atMs ?? 0));
  }
  return { ...header, tokens };
}

/** The file form of a recording; {@link parseRecording} gives back an equal one. */
export function formatRecording({ model, ttftMs, tokens, failure }: Recording): string {
  const header = { type: 'recording', version: VERSION, model, ttftMs, failure };
  return [header, ...tokens.map(({ atMs, text }) => ({ atMs, text }))]
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('');
}

const VERSION = 1;
const HEADER_FORM = `{"type":"recording","version":${VERSION},"model":"…","ttftMs":…}`;
const TOKEN_FORM = '{"atMs":…,"text":"…"}';

function parseHeader(line: string | undefined): Omit<Recording, 'tokens'> {
  if (line === undefined) throw new RecordingFormatError(1, 'the file is empty', `the header ${HEADER_FORM}`);
  const header = parseObject(line, 1, `the header ${HEADER_FORM}`);
  if (header.type !== 'recording') {
    throw new RecordingFormatError(1, `"type" is ${show(header.type)}`, `the header ${HEADER_FORM}`);
  }
  if (header.version !== VERSION) {
    throw new RecordingFormatError(
      1,
      `"version" is ${show(header.version)}`,
      `${VERSION}, the only one known`,
    );
  }
  if (typeof header.model !== 'string') {
    throw new RecordingFormatError(1, `"model" is ${show(header.model)}`, 'a string');
  }
  const { model, ttftMs, failure } = header;
  if (typeof ttftMs !== 'number' || !Number.isFinite(ttftMs) || ttftMs < 0) {
    throw new RecordingFormatError(
      1,
      `"ttftMs" is ${show(ttftMs)}`,
      'milliseconds to the first token, 0 or more',
    );
  }
  if (failure !== undefined && typeof failure !== 'string') {
    throw new RecordingFormatError(1, `"failure" is ${show(failure)}`, 'a string, or nothing');
  }
  return { model, ttftMs, ...(failure !== undefined && { failure }) };
}

function parseToken(line: string, number: number, previousMs: number): Token {
  const { atMs, text } = parseObject(line, number, `a token ${TOKEN_FORM}`);
  if (typeof atMs !== 'number' || !Number.isFinite(atMs) || atMs < 0) {
    throw new RecordingFormatError(
      number,
      `"atMs" is ${show(atMs)}`,
      'milliseconds since the first request, 0 or more',
    );
  }
  if (atMs < previousMs) {
    throw new RecordingFormatError(
      number,
      `"atMs" is ${atMs}`,
      `at least ${previousMs}, the time of the token before`,
    );
  }
  if (typeof text !== 'string') {
    throw new RecordingFormatError(number, `"text" is ${show(text)}`, 'a string');
  }
  return { text, atMs };
}

function parseObject(line: string, number: number, expected: string): Record<string, unknown> {
  if (line.trim() === '') throw new RecordingFormatError(number, 'the line is blank', expected);
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new RecordingFormatError(number, `the line is no JSON (${reason})`, expected);
  }
  if (!isObject(value)) throw new RecordingFormatError(number, `the line is ${show(value)}`, expected);
  return value;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A value as JSON, short enough for a message. */
function show(value: unknown): string {
  if (value === undefined) return 'missing';
  const json = typeof value === 'number' ? String(value) : JSON.stringify(value);
  return json.length > 60 ? `${json.slice(0, 60)}…` : json;
}
