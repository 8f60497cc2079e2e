import { formatMs, type SolveEvent, savingOf } from '@eager/engine';
import { CodeFenceReader } from '@eager/generation';
import { fieldsOf, numberedLines } from '../event-json.js';
import { type RunView, runView, type Theme, themeFor } from '../terminal/index.js';
import { counted } from './table.js';

/** Shows how a model is asked and its programs run, while it happens. */
export interface AskView extends Disposable {
  readonly next: (event: SolveEvent) => void;
  /** A line for the user. */
  readonly note: (line: string) => void;
  /** Leaves the terminal to `work`. */
  paused<T>(work: () => Promise<T>): Promise<T>;
}

/**
 * The view for people. The program's output goes to stdout, all else to stderr; an answer without code is the output.
 *
 * What the model says before its code comes when the code does, and what it says after it when the program has ended.
 */
export function askView(model: string): AskView {
  return new TerminalView(model);
}

/**
 * The view for programs: a line of JSON for each event. Those of a run are the lines of `eager run --json` with the number
 * of their `attempt`; `at` counts from the start of the command's request.
 */
export function askLines(): AskView {
  const toLine = numberedLines();
  let startMs = 0;
  return {
    next: (event) => {
      if (event.type === 'attempt') startMs = event.atMs;
      const line = lineOf(event, startMs, toLine);
      if (line !== undefined) process.stdout.write(line);
    },
    note: (line) => process.stderr.write(`eager: ${line}\n`),
    paused: (work) => work(),
    [Symbol.dispose]: () => {},
  };
}

class TerminalView implements AskView {
  readonly #model: string;
  readonly #theme: Theme = themeFor(process.stderr, process.env);
  #reader = new CodeFenceReader();
  /** What the model has said and has not been shown. */
  #prose = '';
  #run: RunView | undefined;
  #notes: string[] = [];

  constructor(model: string) {
    this.#model = model;
  }

  readonly next = (event: SolveEvent): void => {
    switch (event.type) {
      case 'attempt':
        this.#reader = new CodeFenceReader();
        this.note(event.by === 'first' ? `Asking ${this.#model} …` : `Asking ${this.#model} for a repair …`);
        break;
      case 'model':
        if (event.event.type === 'text') this.#hear(event.event.text);
        if (event.event.type === 'retry') {
          const { error, waitMs } = event.event;
          this.note(`${error.message} It is asked again in ${formatMs(waitMs)}.`);
        }
        break;
      case 'run':
        if (event.event.type === 'token' && event.event.token.text === '') break;
        if (this.#run === undefined && event.event.type === 'token') this.#begin();
        this.#run?.next(event.event);
        break;
      case 'kernel':
        if (event.isFresh) this.note(`The program runs on a new kernel: ${event.reason}.`);
        else if (event.kept > 0) this.note(`${counted(event.kept, 'statement')} kept, and not run again.`);
        break;
      case 'decision': {
        const { stop, by, reason } = event.decision;
        const how = stop === 'now' ? 'The answer is stopped' : 'The answer is heard out';
        this.note(`${how}; to be repaired by ${by}: ${reason}.`);
        break;
      }
      case 'attempt-end':
        this.#end(event.report.outcome === 'no code');
        break;
    }
  };

  readonly note = (line: string): void => {
    if (this.#run) this.#notes.push(line);
    else process.stderr.write(`${this.#theme.faint(`eager: ${line}`)}\n`);
  };

  paused<T>(work: () => Promise<T>): Promise<T> {
    return this.#run ? this.#run.paused(work) : work();
  }

  [Symbol.dispose](): void {
    this.#run?.[Symbol.dispose]();
    this.#run = undefined;
  }

  #hear(text: string): void {
    for (const piece of this.#reader.feed(text)) {
      if (piece.kind === 'prose') this.#prose += piece.text;
    }
  }

  #begin(): void {
    this.#showProse();
    this.#run = runView();
  }

  #end(isAnswer: boolean): void {
    this[Symbol.dispose]();
    for (const piece of this.#reader.end()) if (piece.kind === 'prose') this.#prose += piece.text;
    if (isAnswer) {
      const text = this.#prose.trim();
      if (text !== '') process.stdout.write(`${text}\n`);
      this.#prose = '';
    } else this.#showProse();
    const notes = this.#notes;
    this.#notes = [];
    for (const line of notes) this.note(line);
  }

  /** Without the fences of the code, which is shown by itself. */
  #showProse(): void {
    const text = this.#prose.replace(/^ *(?:```|~~~).*$/gm, '').trim();
    this.#prose = '';
    if (text !== '') process.stderr.write(`${text}\n`);
  }
}

function lineOf(
  event: SolveEvent,
  startMs: number,
  toLine: ReturnType<typeof numberedLines>,
): string | undefined {
  const { atMs, attempt } = event;
  switch (event.type) {
    case 'attempt':
      return toLine(atMs, 'attempt', { attempt, by: event.by });
    case 'model': {
      const { event: said } = event;
      if (said.type === 'text') return toLine(atMs, 'answer', { attempt, text: said.text });
      if (said.type !== 'retry') return undefined;
      return toLine(atMs, 'retry', { attempt, waitMs: said.waitMs, message: said.error.message });
    }
    case 'run': {
      const fields = fieldsOf(event.event);
      return fields && toLine(startMs + event.event.atMs, event.event.type, { attempt, ...fields });
    }
    case 'kernel':
      return toLine(atMs, 'kernel', {
        attempt,
        isFresh: event.isFresh,
        kept: event.kept,
        reason: event.reason,
      });
    case 'decision': {
      const { ename, evalue, chunk } = event.failure;
      return toLine(atMs, 'decision', {
        attempt,
        ename,
        evalue,
        line: chunk?.line ?? null,
        ...event.decision,
      });
    }
    case 'attempt-end':
      return toLine(atMs, 'attempt-end', { ...event.report });
    default: {
      const { program, answer, attempts } = event;
      const reason = event.type === 'failed' ? { reason: event.reason } : {};
      return toLine(atMs, event.type, { ...reason, program, answer, attempts, saved: savingOf(attempts) });
    }
  }
}
