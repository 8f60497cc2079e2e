import type { RunEvent } from '@eager/engine';
import { startClock } from '@eager/generation';
import { logLine } from './log-line.js';
import { outputText } from './output-text.js';
import { Region, type Terminal } from './region.js';
import { liveRows, type Style, settledRows } from './rows.js';
import { type Theme, themeFor } from './theme.js';
import { type Settled, Transcript } from './transcript.js';

/** Shows a run while it happens. It closes itself at the run's `end` event. */
export interface RunView extends Disposable {
  /** To be called with every event of the run, in order. */
  readonly next: (event: RunEvent) => void;
  /** Leaves the terminal to `work`, which may ask the user for something, and goes on when that is done. */
  paused<T>(work: () => Promise<T>): Promise<T>;
}

/** The part of `process` that a view writes to and asks. */
export interface Streams {
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  readonly env: NodeJS.ProcessEnv;
}

export interface TextStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

/**
 * A view of the run that begins now. The program's output goes to stdout, all else to stderr.
 *
 * On a terminal the code appears as it arrives, every statement with its state and its output beneath it. Elsewhere, and
 * on a terminal that cannot move its cursor, there is a plain line for each statement that has finished.
 */
export function runView(streams: Streams = process): RunView {
  return canRedraw(streams) ? new LiveView(streams) : new PlainView(streams);
}

/** Whether a live view can be shown: `TERM=dumb` is a terminal, but cannot. */
function canRedraw({ stderr, env }: Streams): boolean {
  return Boolean(stderr.isTTY) && env.TERM !== 'dumb';
}

/** How wide a stream is, in columns; 80 where nobody knows. */
export function columnsOf({ columns }: TextStream): number {
  return columns || 80;
}

class PlainView implements RunView {
  readonly #streams: Streams;
  readonly #theme: Theme;

  constructor(streams: Streams) {
    this.#streams = streams;
    this.#theme = themeFor(streams.stderr, streams.env);
  }

  readonly next = (event: RunEvent): void => {
    writeOutput(event, this.#streams, this.#theme);
    const line = logLine(event);
    if (line !== undefined) this.#streams.stderr.write(`${line}\n`);
  };

  paused<T>(work: () => Promise<T>): Promise<T> {
    return work();
  }

  [Symbol.dispose](): void {}
}

/** At most 20 times a second, and only if something has changed. */
const REDRAW_MS = 50;

/** A question of the program comes below the code that asks it. */
const OPEN_WHAT_RUNS = -1;

class LiveView implements RunView {
  readonly #streams: Streams;
  readonly #theme: Theme;
  readonly #transcript: Transcript;
  readonly #region: Region;
  readonly #clock = startClock();
  /** stdout is the same terminal, so outputs have their place between the statements. */
  readonly #showsOutput: boolean;
  #timer: NodeJS.Timeout | undefined;

  constructor(streams: Streams) {
    this.#streams = streams;
    this.#theme = themeFor(streams.stderr, streams.env);
    this.#transcript = new Transcript(this.#theme.colour);
    this.#showsOutput = Boolean(streams.stdout.isTTY);
    this.#region = new Region(terminalOf(streams.stderr));
    this.#resume();
  }

  readonly next = (event: RunEvent): void => {
    if (event.type !== 'output' || this.#showsOutput) this.#transcript.add(event);
    else writeOutput(event, this.#streams, this.#theme);
    if (event.type === 'end') this[Symbol.dispose]();
  };

  async paused<T>(work: () => Promise<T>): Promise<T> {
    this.#pause();
    try {
      return await work();
    } finally {
      this.#resume();
    }
  }

  [Symbol.dispose](): void {
    this.#pause();
  }

  #resume(): void {
    this.#timer ??= setInterval(() => this.#draw(), REDRAW_MS).unref();
    this.#draw();
  }

  #pause(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#draw(OPEN_WHAT_RUNS);
    this.#region.close();
  }

  #draw(maxOutput?: number): void {
    const { columns, rows } = terminalOf(this.#streams.stderr);
    const style = { theme: this.#theme, size: { columns, rows } };
    const settled = this.#transcript.settle(maxOutput ?? Math.floor(rows / 3));
    const live = liveRows(this.#transcript, this.#clock(), style);
    this.#region.draw(live, settled.length > 0 ? () => this.#write(settled, style) : undefined);
  }

  #write(settled: readonly Settled[], style: Style): void {
    for (const part of settled) {
      const stream = part.type === 'output' ? this.#streams.stdout : this.#streams.stderr;
      stream.write(
        settledRows(part, style)
          .map((row) => `${row}\n`)
          .join(''),
      );
    }
  }
}

function writeOutput(event: RunEvent, { stdout, stderr }: Streams, theme: Theme): void {
  if (event.type !== 'output') return;
  const { stream, text } = outputText(event.output, theme.colour);
  if (text !== '') (stream === 'stdout' ? stdout : stderr).write(text);
}

/** Asks for the size anew whenever it is needed, which is how a resize is noticed. */
function terminalOf(stream: TextStream): Terminal {
  return {
    get columns() {
      return columnsOf(stream);
    },
    get rows() {
      return stream.rows || 24;
    },
    write: (text) => stream.write(text),
  };
}
