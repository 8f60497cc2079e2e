/** The line that opens fenced code. */
export interface Fence {
  readonly char: '`' | '~';
  /** How many of them; the closing fence has at least as many. */
  readonly length: number;
  /** Columns before it within its container, 0 to 3; as many are taken off each line of the code. */
  readonly indent: number;
  /** What follows the fence on its line, trimmed. */
  readonly info: string;
}

/** What the start of a line inside fenced code says about the line. */
export type FencedLine =
  /** More characters are needed. */
  | { readonly kind: 'undecided' }
  /** The line is not in the fence's container, so the container and the fence have ended before it. */
  | { readonly kind: 'outside' }
  /** `text` is code, or with the kind `mark` the start of what may be the closing fence. Indentation is taken off. */
  | { readonly kind: 'code' | 'mark'; readonly text: string };

/**
 * The part of CommonMark's block structure that tells fenced code from everything else: block quotes, list items,
 * paragraphs with their lazy continuation lines, indented code. Two things it does not know: HTML blocks and link
 * reference definitions count as paragraphs, so a fence in an HTML block opens code.
 *
 * @see https://spec.commonmark.org/0.31.2/#phase-1-block-structure
 */
export class MarkdownBlocks {
  readonly #containers: Container[] = [];
  /** Whether the innermost block is a paragraph, which the next line may continue. */
  #inParagraph = false;

  /** Takes a whole line that is outside fenced code, without its line ending. Returns the fence that it opens. */
  readLine(line: string): Fence | undefined {
    const cursor = new LineCursor(line);
    const matched = this.#match(cursor);
    const mayContinue = this.#inParagraph && !cursor.isBlank();
    // In a paragraph that only a lazy line could continue, a list item starts beside it and does not interrupt it.
    const isLazy = matched < this.#containers.length;
    if (mayContinue && !startsBlock(cursor, isLazy)) return undefined;

    this.#containers.length = matched;
    if (!cursor.isBlank()) {
      for (const container of this.#containers) container.isEmpty = false;
    }
    let interrupts = mayContinue && !isLazy;
    if (interrupts && cursor.indent() < 4 && SETEXT_UNDERLINE.test(cursor.text())) {
      this.#inParagraph = false;
      return undefined;
    }
    for (let opened = openContainer(cursor, interrupts); opened; opened = openContainer(cursor, interrupts)) {
      this.#containers.push(opened);
      interrupts = false;
    }
    const fence = fenceAt(cursor);
    this.#inParagraph = fence === undefined && isParagraphText(cursor);
    return fence;
  }

  /**
   * Judges a line inside the fenced code that {@link readLine} opened last.
   *
   * @param head The line so far, or the whole line when `isWhole`, without its line ending.
   */
  readFencedLine(head: string, isWhole: boolean, fence: Fence): FencedLine {
    const cursor = new LineCursor(head);
    const isInside = this.#match(cursor) === this.#containers.length;
    const indent = cursor.indent();
    // Four columns or more are neither a closing fence nor a block quote's mark.
    if (cursor.isBlank() && indent < 4 && !isWhole) return { kind: 'undecided' };
    if (!isInside) return { kind: 'outside' };
    const isMark = indent < 4 && cursor.text().startsWith(fence.char);
    cursor.skip(fence.indent);
    return { kind: isMark ? 'mark' : 'code', text: cursor.rest() };
  }

  /** How many of the open containers the line is in; the cursor moves past their marks and indentation. */
  #match(cursor: LineCursor): number {
    const missing = this.#containers.findIndex((container) => {
      if (container.kind === 'quote') return !takeQuoteMark(cursor);
      if (cursor.isBlank() ? container.isEmpty : cursor.indent() < container.width) return true;
      cursor.skip(container.width);
      return false;
    });
    return missing === -1 ? this.#containers.length : missing;
  }
}

/** A block that holds other blocks. */
interface Container {
  readonly kind: 'quote' | 'item';
  /** Columns by which an item's lines are indented, unless they are blank. */
  readonly width: number;
  /** Whether an item has only its marker yet: then a blank line ends it. */
  isEmpty: boolean;
}

const SETEXT_UNDERLINE = /^(?:=+|-+)[ \t]*$/;
const HEADING = /^#{1,6}(?:[ \t]|$)/;
const THEMATIC_BREAK = /^(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$/;
const LIST_MARKER = /^(?:[-+*]|(\d{1,9})[.)])(?=[ \t]|$)/;
const FENCE = /^(?:(`{3,})([^`]*)|(~{3,})(.*))$/;

/** Whether the line starts a block that may interrupt a paragraph. */
function startsBlock(cursor: LineCursor, isLazy: boolean): boolean {
  const text = cursor.text();
  return (
    cursor.indent() < 4 &&
    (text.startsWith('>') ||
      HEADING.test(text) ||
      THEMATIC_BREAK.test(text) ||
      FENCE.test(text) ||
      (!isLazy && SETEXT_UNDERLINE.test(text)) ||
      listMarker(text, !isLazy) !== undefined)
  );
}

function openContainer(cursor: LineCursor, interrupts: boolean): Container | undefined {
  if (takeQuoteMark(cursor)) return { kind: 'quote', width: 0, isEmpty: false };

  const indent = cursor.indent();
  const marker = listMarker(cursor.text(), interrupts);
  if (marker === undefined || indent >= 4) return undefined;
  cursor.skip(indent);
  cursor.advance(marker.length);
  // Five columns or more are one column and indented code.
  const gap = cursor.isBlank() || cursor.indent() > 4 ? 1 : cursor.indent();
  cursor.skip(gap);
  return { kind: 'item', width: indent + marker.length + gap, isEmpty: cursor.isBlank() };
}

/** Only an item that has text, and in an ordered list the number 1, may interrupt a paragraph. */
function listMarker(text: string, interrupts: boolean): string | undefined {
  const match = THEMATIC_BREAK.test(text) ? null : LIST_MARKER.exec(text);
  if (match === null) return undefined;
  const [marker, number] = match;
  const isWeak = /^[ \t]*$/.test(text.slice(marker.length)) || (number !== undefined && Number(number) !== 1);
  return interrupts && isWeak ? undefined : marker;
}

function takeQuoteMark(cursor: LineCursor): boolean {
  const indent = cursor.indent();
  if (indent >= 4 || !cursor.text().startsWith('>')) return false;
  cursor.skip(indent);
  cursor.advance(1);
  cursor.skip(1);
  return true;
}

function fenceAt(cursor: LineCursor): Fence | undefined {
  const indent = cursor.indent();
  const match = FENCE.exec(cursor.text());
  if (match === null || indent >= 4) return undefined;
  const [, backticks, backtickInfo = '', tildes = '', tildeInfo = ''] = match;
  return backticks === undefined
    ? { char: '~', length: tildes.length, indent, info: tildeInfo.trim() }
    : { char: '`', length: backticks.length, indent, info: backtickInfo.trim() };
}

function isParagraphText(cursor: LineCursor): boolean {
  const text = cursor.text();
  return text !== '' && cursor.indent() < 4 && !HEADING.test(text) && !THEMATIC_BREAK.test(text);
}

/** A place in a line that counts columns, since a tab reaches to the next multiple of four and may be taken in part. */
class LineCursor {
  readonly #line: string;
  #index = 0;
  #column = 0;
  /** Columns that are left of a tab taken in part; the tab itself is behind the index. */
  #tabRest = 0;

  constructor(line: string) {
    this.#line = line;
  }

  /** Columns of white space from here. */
  indent(): number {
    let column = this.#column + this.#tabRest;
    for (let index = this.#index; ; index++) {
      if (this.#line[index] === ' ') column += 1;
      else if (this.#line[index] === '\t') column += tabWidth(column);
      else return column - this.#column;
    }
  }

  isBlank(): boolean {
    return this.text() === '';
  }

  /** What follows the white space from here. Only spaces and tabs are white space. */
  text(): string {
    return this.#line.slice(this.#index).replace(/^[ \t]+/, '');
  }

  /** All that follows; a tab taken in part leaves spaces. */
  rest(): string {
    return ' '.repeat(this.#tabRest) + this.#line.slice(this.#index);
  }

  /** Moves over white space, at most as many columns. */
  skip(columns: number): void {
    const end = this.#column + Math.min(columns, this.indent());
    while (this.#column < end) {
      if (this.#tabRest === 0)
        this.#tabRest = this.#line[this.#index++] === '\t' ? tabWidth(this.#column) : 1;
      const step = Math.min(this.#tabRest, end - this.#column);
      this.#tabRest -= step;
      this.#column += step;
    }
  }

  /** Moves over characters that are no white space. */
  advance(characters: number): void {
    this.#index += characters;
    this.#column += characters;
  }
}

const tabWidth = (column: number): number => 4 - (column % 4);
