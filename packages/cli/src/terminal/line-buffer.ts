// biome-ignore lint/suspicious/noControlCharactersInRegex: backspace is one.
const MOVES = /(\r*\n|\r|\x08)/;

/**
 * Turns what a program writes into lines as a terminal would show them: `\r` goes back to the start of the line
 * and `\b` by one character, so that what follows overwrites. Progress bars live on that.
 */
export class LineBuffer {
  #line = '';
  /** Where the next character goes, as an index into the line. */
  #column = 0;

  /** The line that is still open. */
  get line(): string {
    return this.#line;
  }

  /** Returns the lines that the text completes. */
  feed(text: string): string[] {
    const completed: string[] = [];
    for (const part of text.split(MOVES)) {
      if (part.endsWith('\n')) completed.push(this.#take());
      else if (part === '\r') this.#column = 0;
      else if (part === '\b') this.#column = Math.max(0, this.#column - 1);
      else this.#write(part);
    }
    return completed;
  }

  /** Completes the open line, if there is one. */
  end(): string[] {
    return this.#line === '' ? [] : [this.#take()];
  }

  #write(part: string): void {
    // Escape sequences have no width, so with them columns cannot be told from indices: the new text replaces all.
    const overwrites = this.#column < this.#line.length && !`${this.#line}${part}`.includes('\x1b');
    const rest = overwrites ? this.#line.slice(this.#column + part.length) : '';
    const before = this.#line.slice(0, this.#column);
    if (part === '') return;
    this.#line = before + part + rest;
    this.#column = before.length + part.length;
  }

  #take(): string {
    const line = this.#line;
    this.#line = '';
    this.#column = 0;
    return line;
  }
}
