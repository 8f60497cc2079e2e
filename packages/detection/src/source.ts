/** A piece of the program that knows the lines of its characters. */
export class Source {
  readonly code: string;
  private readonly firstLine: number;
  private starts: readonly number[] | undefined;

  /** `firstLine` is the line of the program on which the code begins, counted from 1. */
  constructor(code: string, firstLine: number) {
    this.code = code;
    this.firstLine = firstLine;
  }

  /** The line of the program on which the character at `offset` of the code stands, counted from 1. */
  lineAt(offset: number): number {
    // Nearly all code is never asked for a line.
    this.starts ??= [...this.code.matchAll(/\r\n|\r|\n/g)].map((match) => match.index + match[0].length);
    let low = 0;
    let high = this.starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.starts[middle] ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    return this.firstLine + low;
  }
}
