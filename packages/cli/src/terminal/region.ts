import { widthOf } from './text.js';

/** A terminal to draw on. `process.stderr` is one when `isTTY`. */
export interface Terminal {
  readonly columns: number;
  readonly rows: number;
  write(text: string): unknown;
}

/**
 * Rows at the end of a terminal that are drawn again and again, while text is written above them.
 *
 * The cursor rests below the last row, hidden. It comes back with {@link close}, and also when the process
 * exits before that; a signal that ends the process without `exit` needs a handler that exits.
 */
export class Region {
  readonly #terminal: Terminal;
  #rows: readonly string[] = [];
  #isOpen = false;
  readonly #onExit = () => this.close();

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Shows `rows` in place of those shown before, below what `writeAbove` writes: whole lines, on the same terminal. */
  draw(rows: readonly string[], writeAbove?: () => void): void {
    if (writeAbove === undefined && isSame(rows, this.#rows)) return;
    if (!this.#isOpen) {
      this.#isOpen = true;
      process.once('exit', this.#onExit);
    }
    const toTop = `${BEGIN_UPDATE}${HIDE_CURSOR}${this.#upToFirstRow()}`;
    if (writeAbove === undefined) {
      // Overwritten rather than cleared first, so that nothing flickers where updates are not synchronised.
      this.#terminal.write(
        `${toTop}${rows.map((row) => `${row}${CLEAR_LINE}\n`).join('')}${CLEAR_BELOW}${END_UPDATE}`,
      );
    } else {
      this.#terminal.write(`${toTop}${CLEAR_BELOW}`);
      writeAbove();
      this.#terminal.write(`${rows.map((row) => `${row}\n`).join('')}${END_UPDATE}`);
    }
    this.#rows = rows;
  }

  /** Removes the rows and shows the cursor. The region may be drawn again afterwards. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    process.off('exit', this.#onExit);
    this.#terminal.write(`${this.#upToFirstRow()}${CLEAR_BELOW}${END_UPDATE}${SHOW_CURSOR}`);
    this.#rows = [];
  }

  /** Rows that the terminal has become too narrow for have been wrapped by it, and take more than one. */
  #upToFirstRow(): string {
    const { columns, rows } = this.#terminal;
    const height = this.#rows.reduce((sum, row) => sum + Math.max(1, Math.ceil(widthOf(row) / columns)), 0);
    const up = Math.min(height, rows - 1);
    return up > 0 ? `\r\x1b[${up}A` : '\r';
  }
}

/** Terminals that know synchronised updates show all of an update at once; the others ignore these. */
const BEGIN_UPDATE = '\x1b[?2026h';
const END_UPDATE = '\x1b[?2026l';
const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';
const CLEAR_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((row, index) => row === b[index]);
}
