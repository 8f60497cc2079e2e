import type { Terminal } from './region.js';

/** A terminal for tests. It understands what a region writes, and throws at all other escape sequences. */
export class Screen implements Terminal {
  readonly isTTY = true;
  columns: number;
  rows: number;
  isCursorHidden = false;
  /** All lines ever shown, those that have scrolled away included. */
  readonly #lines: string[] = [''];
  #row = 0;
  #column = 0;

  constructor(columns = 80, rows = 24) {
    this.columns = columns;
    this.rows = rows;
  }

  /** The text on the screen and above it, without the empty lines at its end. */
  get lines(): string[] {
    const last = this.#lines.findLastIndex((line) => line !== '');
    return this.#lines.slice(0, last + 1);
  }

  write(text: string): void {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one.
    for (const [part] of text.matchAll(/\x1b\[[?\d;]*[A-Za-z]|[\s\S]/gu)) this.#apply(part);
  }

  #apply(part: string): void {
    if (!part.startsWith('\x1b')) this.#print(part);
    else if (part === '\x1b[?25l') this.isCursorHidden = true;
    else if (part === '\x1b[?25h') this.isCursorHidden = false;
    else if (part === '\x1b[K') this.#setLine(this.#line.slice(0, this.#column));
    else if (part === '\x1b[J') {
      this.#lines.length = this.#row + 1;
      this.#setLine(this.#line.slice(0, this.#column));
    } else if (part.endsWith('A')) this.#goTo(this.#row - Number.parseInt(part.slice(2), 10));
    else if (!part.endsWith('m') && !part.startsWith('\x1b[?2026')) {
      throw new Error(`The screen does not know ${JSON.stringify(part)}.`);
    }
  }

  #print(character: string): void {
    if (character === '\r') {
      this.#column = 0;
    } else if (character === '\n') {
      this.#goTo(this.#row + 1);
      this.#column = 0;
    } else {
      if (this.#column === this.columns) this.#print('\n');
      this.#setLine(this.#line.slice(0, this.#column) + character + this.#line.slice(this.#column + 1));
      this.#column++;
    }
  }

  get #line(): string {
    return this.#lines[this.#row] ?? '';
  }

  #setLine(line: string): void {
    this.#lines[this.#row] = line;
  }

  /** The cursor cannot leave the rows that the terminal shows. */
  #goTo(row: number): void {
    const top = Math.max(0, this.#lines.length - this.rows);
    this.#row = Math.max(top, row);
    while (this.#lines.length <= this.#row) this.#lines.push('');
  }
}
