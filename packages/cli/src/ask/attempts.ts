import type { SolveEvent } from '@eager/engine';
import type { Recording, Token } from '@eager/generation';
import { RunRecord } from '../run-record.js';

/** What is kept of each attempt to look at when all is over. */
export class Attempts {
  readonly #model: string;
  readonly #attempts: KeptAttempt[] = [];

  constructor(model: string) {
    this.#model = model;
  }

  /** The runs, in order; that of an attempt that has run nothing is empty. */
  get runs(): readonly RunRecord[] {
    return this.#attempts.map(({ run }) => run);
  }

  /** What arrived from the model, text or the arguments of tools, over all attempts. */
  get arrivals(): readonly (readonly Token[])[] {
    return this.#attempts.map(({ arrivals }) => arrivals);
  }

  /** The answers as they came: markdown, or the code of tool calls. */
  get recordings(): readonly Recording[] {
    return this.#attempts.map(({ texts, codes, failure }) => {
      const tokens = texts.some(({ text }) => text.includes('```')) || codes.length === 0 ? texts : codes;
      const ttftMs = tokens[0]?.atMs ?? 0;
      return { model: this.#model, ttftMs, tokens, ...(failure !== undefined && { failure }) };
    });
  }

  add(event: SolveEvent): void {
    if (event.type === 'attempt') {
      this.#attempts.push({ run: new RunRecord(), arrivals: [], texts: [], codes: [], failure: undefined });
    }
    const attempt = this.#attempts.at(-1);
    if (attempt === undefined) return;
    if (event.type === 'model') {
      const { event: said } = event;
      if (said.type === 'text') attempt.texts.push({ text: said.text, atMs: said.atMs });
      if (said.type === 'text' || said.type === 'tool-arguments') {
        attempt.arrivals.push({ text: said.text, atMs: said.atMs });
      }
    }
    if (event.type === 'run') {
      attempt.run.add(event.event);
      if (event.event.type === 'token') attempt.codes.push(event.event.token);
    }
    if (event.type === 'attempt-end') {
      const { wasStopped, outcome, problem } = event.report;
      if (wasStopped || outcome === 'broken off')
        attempt.failure = problem ?? 'It was stopped before its end.';
    }
  }
}

interface KeptAttempt {
  readonly run: RunRecord;
  readonly arrivals: Token[];
  readonly texts: Token[];
  readonly codes: Token[];
  failure: string | undefined;
}
