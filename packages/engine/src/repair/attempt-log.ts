import { stripVTControlCharacters } from 'node:util';
import type { Chunk, Effect, EffectAnalysis } from '@eager/detection';
import type { KernelError, Output } from '@eager/execution';
import type { RunEvent, RunSummary } from '../events.js';
import { StatementTimeoutError } from '../statement-timeout.js';
import type { ProgramFailure, RanStatement } from './failure.js';
import { tracesOf } from './traces.js';

/** Sums up what an attempt's program has done to its kernel, while it runs. */
export class AttemptLog {
  readonly #analysis: EffectAnalysis;
  /** What had run on the kernel before. */
  readonly #before: readonly RanStatement[];
  readonly #keptLines: number;
  readonly #ran: RanStatement[] = [];
  /** Those that the gate holds, or that are about to begin. */
  readonly #waiting = new Map<number, OpenStatement>();
  #running: OpenStatement | undefined;
  /** Those that the kernel has been given. */
  #unfinished: Chunk[] = [];
  #isSyntaxError = false;
  #failure: ProgramFailure | undefined;
  #summary: RunSummary | undefined;
  #code = '';

  /** @param keptLines how many lines at the start of the program are statements of `before`, as comments */
  constructor(analysis: EffectAnalysis, before: readonly RanStatement[], keptLines = 0) {
    this.#keptLines = keptLines;
    this.#analysis = analysis;
    this.#before = before;
  }

  /** The statements that have run to their end, in order. */
  get ran(): readonly RanStatement[] {
    return this.#ran;
  }

  get failure(): ProgramFailure | undefined {
    return this.#failure;
  }

  /** Undefined while the program runs. */
  get summary(): RunSummary | undefined {
    return this.#summary;
  }

  /** The program as far as it has arrived. */
  get code(): string {
    return this.#code;
  }

  /** What the statement that failed has shown before it did. */
  get partialOutputs(): readonly Output[] {
    return this.#running?.outputs ?? [];
  }

  enter(event: RunEvent): void {
    switch (event.type) {
      case 'token':
        this.#code += event.token.text;
        break;
      case 'verdict':
        if (event.verdict.kind === 'hold') this.#statement(event.chunk).effects.push(event.verdict.effect);
        break;
      case 'batch':
        this.#unfinished.push(...event.batch.chunks);
        break;
      case 'started':
        this.#statement(event.chunk);
        this.#start(event.chunk);
        break;
      case 'output':
        this.#show(event.chunk, event.output);
        break;
      case 'finished':
        this.#statement(event.chunk).effects.push(...(event.effects ?? []));
        if (event.status === 'ok') this.#finish(event.chunk, event.durationMs);
        else this.#isSyntaxError = event.isSyntaxError ?? false;
        break;
      case 'error':
        this.#failure = this.#failureOf(event, stripVTControlCharacters(event.traceback.join('\n')));
        break;
      case 'end':
        this.#summary = event;
        if (event.status === 'interrupted') this.#interrupt(event.reason);
        break;
    }
  }

  /** The kernel is gone, and all variables with it. */
  loseKernel({ name, message }: KernelError): ProgramFailure {
    const chunk = this.#running?.chunk;
    const error = { ename: name, evalue: message, chunk };
    // A kernel that dies may not have told of all that it did.
    const effects = outwardOf(this.#unfinished.flatMap((each) => this.#analysis.analyse(each)));
    const lost = { effects, isStateLost: true, traces: 'the kernel is gone' };
    this.#failure = { ...this.#failureOf(error, message), ...lost };
    return this.#failure;
  }

  /** A program may end in any way on an interrupt; what counts is that it had no time to end itself. */
  #interrupt(reason: unknown): void {
    const evalue = reason instanceof Error ? reason.message : '';
    const chunk = reason instanceof StatementTimeoutError ? reason.chunk : undefined;
    this.#failure ??= this.#failureOf({ ename: 'KeyboardInterrupt', evalue, chunk }, '');
    this.#failure = { ...this.#failure, evalue };
  }

  #statement(chunk: Chunk): OpenStatement {
    if (this.#running?.chunk.id === chunk.id) return this.#running;
    const statement = this.#waiting.get(chunk.id) ?? { chunk, outputs: [], effects: [] };
    this.#waiting.set(chunk.id, statement);
    return statement;
  }

  #show(chunk: Chunk, output: Output): void {
    // The error is told by an event of its own.
    if (output.output_type === 'error') return;
    if (this.#failure) {
      // Figures that are open when a cell ends are shown and closed.
      if (output.output_type === 'display_data')
        this.#failure = { ...this.#failure, traces: 'the figures that were open have been shown and closed' };
      return;
    }
    this.#start(chunk);
    const last = this.#ran.at(-1);
    if (this.#running?.chunk.id === chunk.id) this.#running.outputs.push(output);
    // What the end of the cell shows, and what comes late, belongs to a statement that has finished.
    else if (last) this.#ran[this.#ran.length - 1] = { ...last, outputs: [...last.outputs, output] };
  }

  #start(chunk: Chunk): void {
    if (this.#running || !this.#waiting.has(chunk.id)) return;
    this.#running = this.#statement(chunk);
    this.#waiting.delete(chunk.id);
  }

  #finish(chunk: Chunk, durationMs: number): void {
    this.#start(chunk);
    const { outputs = [], effects = [] } = this.#running ?? {};
    this.#running = undefined;
    this.#unfinished = this.#unfinished.filter(({ id }) => id !== chunk.id);
    this.#ran.push({
      code: chunk.code,
      source: ended(
        (chunk.id === 0 ? withoutLines(chunk.leading, this.#keptLines) : chunk.leading) + chunk.code,
      ),
      durationMs,
      outputs,
      effects: outwardOf([...this.#analysis.analyse(chunk), ...effects]),
    });
  }

  #failureOf(
    { ename, evalue, chunk }: Pick<ProgramFailure, 'ename' | 'evalue' | 'chunk'>,
    traceback: string,
  ): ProgramFailure {
    if (chunk) this.#start(chunk);
    const isSyntaxError = this.#isSyntaxError;
    const failure = { ename, evalue, traceback, chunk, isSyntaxError, isStateLost: false };
    if (isSyntaxError || !chunk) return { ...failure, traces: undefined, effects: [] };
    const effects = outwardOf([...this.#analysis.analyse(chunk), ...(this.#running?.effects ?? [])]);
    const ran = [...this.#before, ...this.#ran];
    const hasOutput = this.partialOutputs.length > 0;
    return {
      ...failure,
      effects,
      traces: tracesOf(chunk, { error: { ename, evalue }, hasOutput, hasEffects: effects.length > 0, ran }),
    };
  }
}

interface OpenStatement {
  readonly chunk: Chunk;
  readonly outputs: Output[];
  readonly effects: Effect[];
}

/** What changes something outside of the program, or tells somebody of it. */
function outwardOf(effects: readonly Effect[]): Effect[] {
  const outward = effects.filter(
    ({ class: each }) => each === 'write' || each === 'process' || each === 'network',
  );
  return [...new Map(outward.map((effect) => [effect.what, effect])).values()];
}

function withoutLines(text: string, count: number): string {
  return (text.match(/[^\r\n]*(?:\r\n?|\n)|[^\r\n]+$/g) ?? []).slice(count).join('');
}

function ended(source: string): string {
  return /[\r\n]$/.test(source) ? source : `${source}\n`;
}
