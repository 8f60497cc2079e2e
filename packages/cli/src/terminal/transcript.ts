import type { Chunk } from '@eager/detection';
import type { RunEvent, RunStatus } from '@eager/engine';
import { LineBuffer } from './line-buffer.js';
import { outputText } from './output-text.js';

/** How far a step is. `skipped`: the run ended before it could start. */
type StepState = 'waiting' | 'running' | 'done' | 'failed' | 'skipped';

/** What the kernel runs in one go: a statement of an eager run, the whole program of a serial one. */
export interface Step {
  readonly chunks: readonly Chunk[];
  readonly state: StepState;
  /** The gate keeps it from going on until the program is complete. */
  readonly isHeld: boolean;
  /** When it started, in milliseconds since the run began; undefined before. */
  readonly startedAtMs: number | undefined;
  /** How long it ran; undefined until it has finished. */
  readonly durationMs: number | undefined;
  /** What it has printed and is not settled yet, line by line; the last one may still be open. */
  readonly output: readonly string[];
  /** Its code is settled, although it still runs. */
  readonly isOpened: boolean;
}

/** A part of the transcript that nothing will change any more, in the order in which it is shown. */
export type Settled =
  | { readonly type: 'code'; readonly step: Step }
  | { readonly type: 'output'; readonly lines: readonly string[] }
  /** The end of a step whose code was settled before it finished. */
  | { readonly type: 'result'; readonly step: Step }
  /** Code of a statement that never became complete, or comments after the last statement. */
  | { readonly type: 'rest'; readonly code: string; readonly line: number };

/** How far the run is, in numbers. */
export interface Progress {
  readonly tokens: number;
  readonly statements: number;
  /** Statements that have finished. */
  readonly finished: number;
  readonly status: RunStatus | undefined;
}

/**
 * A run as a text that grows: the statements in the order of the program, each with its output beneath it.
 *
 * At any moment its beginning is settled, so it can be written once and scroll away, and the rest is live and has to be
 * drawn again whenever it changes. What is settled is taken away, so that the cost of drawing does not grow with
 * the program.
 */
export class Transcript {
  readonly #colour: boolean;
  #steps: OpenStep[] = [];
  /** What comes after the step that printed it has been settled, as threads do. */
  readonly #late = new LineBuffer();
  #lateLines: string[] = [];
  #openCode = '';
  #openLine = 1;
  #hasFailed = false;
  #progress: Progress = { tokens: 0, statements: 0, finished: 0, status: undefined };

  /** @param colour whether tracebacks keep the colours that IPython gives them */
  constructor(colour: boolean) {
    this.#colour = colour;
  }

  get progress(): Progress {
    return this.#progress;
  }

  /** The steps that are not settled, in order; at most the first one runs. */
  get live(): readonly Step[] {
    return this.#steps;
  }

  /** Code that belongs to no complete statement yet, and the line where it starts. */
  get openCode(): { readonly code: string; readonly line: number } {
    return { code: this.#openCode, line: this.#openLine };
  }

  /** What came late and has no line end yet. */
  get lateLine(): string {
    return this.#late.line;
  }

  add(event: RunEvent): void {
    switch (event.type) {
      case 'token':
        this.#openCode += event.token.text;
        this.#count({ tokens: 1 });
        return;
      case 'chunk':
        this.#close(event.chunk);
        this.#count({ statements: 1 });
        return;
      case 'verdict':
        this.#steps.find((step) => step.isIn(event.chunk))?.setHeld(event.verdict.kind === 'hold');
        return;
      case 'started':
        this.#start(event.chunk, event.atMs);
        return;
      case 'output': {
        const { text } = outputText(event.output, this.#colour);
        const step = this.#find(event.chunk);
        if (event.output.output_type === 'clear_output') step?.clear(event.output.wait);
        else if (step) step.print(text);
        else this.#lateLines.push(...this.#late.feed(text));
        return;
      }
      case 'finished': {
        const step = this.#find(event.chunk);
        step?.finish(event.status === 'ok' ? 'done' : 'failed', event.durationMs);
        if (event.status === 'ok') this.#count({ finished: step?.chunks.length ?? 0 });
        else this.#hasFailed = true;
        return;
      }
      case 'error':
        this.#skipWaiting();
        return;
      case 'end':
        this.#end(event.status);
        return;
    }
  }

  /**
   * Takes away what can no longer change.
   *
   * @param maxOutput how many lines a running step may have printed before it is opened: its code and its complete
   *   lines are then settled while it runs
   */
  settle(maxOutput: number): Settled[] {
    const settled: Settled[] = [];
    this.#settleLate(settled);
    for (let step = this.#steps[0]; step !== undefined; step = this.#steps[0]) {
      if (step.state === 'waiting') break;
      if (step.state === 'running') {
        const hasWholeProgram = step.chunks.length > 1;
        if (!step.isOpened && (hasWholeProgram || step.output.length > maxOutput)) settled.push(step.open());
        if (step.isOpened) settled.push(...step.takeLines());
        break;
      }
      this.#steps.shift();
      settled.push(...step.takeAll());
    }
    if (this.#progress.status !== undefined && this.#openCode.trim() !== '') {
      settled.push({ type: 'rest', code: this.#openCode, line: this.#openLine });
      this.#openCode = '';
    }
    return settled;
  }

  #close(chunk: Chunk): void {
    this.#openCode = this.#openCode.slice(chunk.leading.length + chunk.code.length);
    this.#openLine = chunk.line + lineBreaks(chunk.code);
    this.#steps.push(new OpenStep([chunk], this.#hasFailed ? 'skipped' : 'waiting'));
  }

  /** The chunk that runs is a statement, or the whole program: then it takes the place of all statements. */
  #start(chunk: Chunk, atMs: number): void {
    const from = this.#steps.findIndex((step) => step.isIn(chunk));
    if (from < 0) return;
    const covered = this.#steps.filter((step) => step.isIn(chunk));
    const step = new OpenStep(
      covered.flatMap(({ chunks }) => chunks),
      'running',
      atMs,
    );
    this.#steps.splice(from, covered.length, step);
  }

  #find(chunk: Chunk): OpenStep | undefined {
    return this.#steps.find((step) => step.state !== 'waiting' && step.isIn(chunk));
  }

  #skipWaiting(): void {
    for (const step of this.#steps) if (step.state === 'waiting') step.finish('skipped');
  }

  #end(status: RunStatus): void {
    this.#skipWaiting();
    for (const step of this.#steps) if (step.state === 'running') step.finish('failed');
    this.#lateLines.push(...this.#late.end());
    this.#progress = { ...this.#progress, status };
  }

  #settleLate(settled: Settled[]): void {
    if (this.#lateLines.length === 0) return;
    settled.push({ type: 'output', lines: this.#lateLines });
    this.#lateLines = [];
  }

  #count(more: { tokens?: number; statements?: number; finished?: number }): void {
    const { tokens, statements, finished } = this.#progress;
    this.#progress = {
      ...this.#progress,
      tokens: tokens + (more.tokens ?? 0),
      statements: statements + (more.statements ?? 0),
      finished: finished + (more.finished ?? 0),
    };
  }
}

/** A step while things happen to it. */
class OpenStep implements Step {
  readonly chunks: readonly Chunk[];
  readonly startedAtMs: number | undefined;
  #state: StepState;
  #durationMs: number | undefined;
  #isHeld = false;
  #isOpened = false;
  #lines: string[] = [];
  #clearsBeforeNext = false;
  readonly #buffer = new LineBuffer();

  constructor(chunks: readonly Chunk[], state: StepState, startedAtMs?: number) {
    this.chunks = chunks;
    this.#state = state;
    this.startedAtMs = startedAtMs;
  }

  get state(): StepState {
    return this.#state;
  }

  get isHeld(): boolean {
    return this.#isHeld;
  }

  get durationMs(): number | undefined {
    return this.#durationMs;
  }

  get isOpened(): boolean {
    return this.#isOpened;
  }

  get output(): readonly string[] {
    return this.#buffer.line === '' ? this.#lines : [...this.#lines, this.#buffer.line];
  }

  isIn({ from, to }: Chunk): boolean {
    return this.chunks.every((own) => own.from >= from && own.to <= to);
  }

  print(text: string): void {
    if (this.#clearsBeforeNext) this.clear(false);
    for (const line of this.#buffer.feed(text)) this.#lines.push(line);
  }

  /** Forgets what is not settled yet, as `clear_output` asks: at once, or when the next output is there. */
  clear(wait: boolean): void {
    this.#clearsBeforeNext = wait;
    if (wait) return;
    this.#buffer.end();
    this.#lines = [];
  }

  setHeld(isHeld: boolean): void {
    this.#isHeld = isHeld;
  }

  finish(state: StepState, durationMs?: number): void {
    this.#state = state;
    this.#isHeld = false;
    this.#durationMs = durationMs;
    this.#lines.push(...this.#buffer.end());
  }

  open(): Settled {
    this.#isOpened = true;
    return { type: 'code', step: this };
  }

  takeLines(): Settled[] {
    const lines = this.#lines;
    this.#lines = [];
    return lines.length > 0 ? [{ type: 'output', lines }] : [];
  }

  takeAll(): Settled[] {
    // Threads may have printed after its end.
    this.#lines.push(...this.#buffer.end());
    const code: Settled[] = this.#isOpened ? [] : [{ type: 'code', step: this }];
    const result: Settled[] = this.#isOpened ? [{ type: 'result', step: this }] : [];
    return [...code, ...this.takeLines(), ...result];
  }
}

function lineBreaks(text: string): number {
  return text.match(/\r\n?|\n/g)?.length ?? 0;
}
