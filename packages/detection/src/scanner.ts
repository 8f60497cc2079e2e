/** Where a logical line begins. */
export interface LineStart {
  /** Offset of its first token; of its indentation where it is indented. */
  readonly from: number;
  /** The physical line of its first token, counted from 1. */
  readonly line: number;
  readonly isIndented: boolean;
  /** How many characters it is indented by. */
  readonly indentation: number;
  /** Whether its first token is a word, of which {@link LineListener.onHead} will tell more. */
  readonly beginsWithWord: boolean;
}

/** What is known about a logical line when it ends. */
export interface LogicalLine {
  /** Its first word (a string's prefix is one), or its first character where that is `@`, `%`, `(` and the like. */
  readonly head: string;
  /** The word right after a first word: `for` in `async for`. */
  readonly next: string;
  /** Whether its last token is a `:` outside of all brackets: a block follows. */
  readonly endsInColon: boolean;
  /** Whether there is any such `:` in it. */
  readonly hasColon: boolean;
  /** False only for a line that the end of the program has ended. */
  readonly endsInNewline: boolean;
}

/** Hears of logical lines while they pass through a {@link Scanner}. Offsets count from the start of the program. */
export interface LineListener {
  onLineStart(start: LineStart): void;
  /** The line's first word has grown by a character, or is `complete` because another character follows it. */
  onHead(head: string, complete: boolean): void;
  /** A physical line has ended before `at`; the logical line goes on, because of a bracket, a string or a `\`. */
  onLineContinues(at: number): void;
  /** A string in the line has no closing quote, though its line has ended: an error, whatever follows. */
  onUnclosedString(): void;
  /** The logical line has ended before `at`, its newline included. */
  onLineEnd(at: number, line: LogicalLine): void;
}

/**
 * Finds the logical lines of a Python program in one pass over its characters, O(1) each, whichever way the
 * text is cut into pieces. A logical line is a line as the grammar sees it: brackets, triple quotes and a final
 * `\` join physical lines, blank lines and comments are none. Lines that begin with `%`, `!` or `?` are
 * IPython's: nothing in them is quoted or bracketed.
 *
 * It judges no syntax. What it reads of a program that CPython rejects is a guess; the kernel will say so.
 *
 * @see https://docs.python.org/3/reference/lexical_analysis.html
 */
export class Scanner {
  private readonly listener: LineListener;
  private mode: Mode = 'indentation';
  /** The open brackets, strings and replacement fields, innermost last. */
  private readonly open: Frame[] = [];

  private at = 0;
  private line = 1;
  /** A CR was read; whether a LF belongs to it is seen at the next character. */
  private heldCr = false;

  private lineFrom = 0;
  private indented = false;
  /** A `\` was read in code: a newline right after it joins the lines. */
  private joining = false;
  private inLogicalLine = false;
  private logical = { head: '', next: '', endsInColon: false, hasColon: false };
  /** How many of the words in `logical` have been read. */
  private heads: 0 | 1 | 2 = 0;
  /** The word being read, cut off where it is longer than any word that matters. */
  private word = '';

  /** The string that is being opened, then the frame whose text is being read. */
  private string: StringFrame = unquoted;
  private textFrame: TextFrame = unquoted;
  /** Quotes in a row so far, of an opening or a closing delimiter. */
  private quotes = 0;
  /** What the last character of a string's text was. */
  private after: 'text' | 'backslash' | 'N' | 'name' | 'brace' = 'text';
  /** Where an IPython line began, and its last character so far. */
  private magicFrom = 0;
  private previous = 0;

  constructor(listener: LineListener) {
    this.listener = listener;
  }

  scan(text: string): void {
    for (let i = 0; i < text.length; i++) {
      const char = text.charCodeAt(i);
      if (this.heldCr) {
        this.heldCr = false;
        if (char === LF) {
          this.at++;
          this.newline();
          continue;
        }
        this.newline();
      }
      if (char === CR) {
        this.heldCr = true;
        this.at++;
      } else if (char === LF) {
        this.at++;
        this.newline();
      } else {
        this.character(char);
        this.at++;
      }
    }
  }

  /** Says that no more text comes. A logical line without a newline, or with something left open, ends here. */
  end(): void {
    if (this.heldCr) this.newline();
    this.heldCr = false;
    if (this.mode === 'code') this.endWord();
    if (this.inLogicalLine) this.endLogicalLine(false);
  }

  private character(char: number): void {
    switch (this.mode) {
      case 'indentation':
        this.indentation(char);
        break;
      case 'code':
        this.code(char);
        break;
      case 'quote':
        this.openingQuote(char);
        break;
      case 'text':
        this.text(char);
        break;
      case 'magic':
        this.magicCharacter(char);
        break;
      case 'comment':
      case 'cell magic':
        break;
    }
  }

  /** A line terminator, of whichever kind, has been read up to `this.at`. */
  private newline(): void {
    this.line++;
    if (this.mode === 'quote') this.endOpeningQuotes();
    if (this.mode === 'text') this.newlineInText();
    if (this.mode === 'comment') this.mode = this.inLogicalLine ? 'code' : 'indentation';
    if (this.mode === 'code') this.endWord();

    const joins = this.joining;
    this.joining = false;
    if (!this.inLogicalLine) {
      // CPython counts on after a `\` at column 0: the indentation of the next physical line is the one that counts.
      if (!joins) this.beginPhysicalLine();
    } else if (joins || this.goesOnAtNewline()) this.listener.onLineContinues(this.at);
    else this.endLogicalLine(true);
  }

  private goesOnAtNewline(): boolean {
    if (this.mode === 'code') return this.open.length > 0;
    if (this.mode !== 'magic') return true;
    const joins = this.previous === BACKSLASH;
    this.previous = LF;
    return joins;
  }

  private beginPhysicalLine(): void {
    this.mode = 'indentation';
    this.indented = false;
    this.lineFrom = this.at;
  }

  private indentation(char: number): void {
    if (this.joining) {
      // A `\` that joins nothing: an error of the program, which begins a line as any token does.
      this.joining = false;
      this.beginLogicalLine(this.at - 1, BACKSLASH);
      this.code(char);
    } else if (char === SPACE || char === TAB) this.indented = true;
    else if (char === FORM_FEED) this.indented = false;
    else if (char === HASH) this.mode = 'comment';
    else if (char === BACKSLASH) this.joining = true;
    else if (char === BOM && this.at === 0) this.lineFrom = 1;
    else {
      this.beginLogicalLine(this.at, char);
      if (char === PERCENT || char === BANG || char === QUESTION) this.beginMagic(char);
      else this.code(char);
    }
  }

  private beginLogicalLine(at: number, char: number): void {
    this.mode = 'code';
    this.inLogicalLine = true;
    this.logical = { head: '', next: '', endsInColon: false, hasColon: false };
    this.heads = 0;
    this.listener.onLineStart({
      from: this.indented ? this.lineFrom : at,
      line: this.line,
      isIndented: this.indented,
      indentation: this.indented ? at - this.lineFrom : 0,
      beginsWithWord: isWordCharacter(char),
    });
  }

  private endLogicalLine(endsInNewline: boolean): void {
    this.inLogicalLine = false;
    this.listener.onLineEnd(this.at, { ...this.logical, endsInNewline });
    this.beginPhysicalLine();
  }

  private code(char: number): void {
    this.joining = false;
    if (isWordCharacter(char)) this.wordCharacter(char);
    else if (char === SINGLE_QUOTE || char === DOUBLE_QUOTE) this.openQuote(char);
    else {
      this.endWord();
      if (char === SPACE || char === TAB || char === FORM_FEED) return;
      if (char === HASH) this.mode = 'comment';
      else if (char === BACKSLASH) this.joining = true;
      else this.punctuation(char);
    }
  }

  private wordCharacter(char: number): void {
    if (this.word.length >= LONGEST_WORD) return;
    this.word += String.fromCharCode(char);
    if (this.open.length > 0) return;
    this.logical.endsInColon = false;
    if (this.heads === 0) this.listener.onHead(this.word, false);
  }

  private endWord(): void {
    if (this.word === '') return;
    if (this.heads === 0) {
      this.logical.head = this.word;
      this.listener.onHead(this.word, true);
      this.heads = 1;
    } else if (this.heads === 1) {
      this.logical.next = this.word;
      this.heads = 2;
    }
    this.word = '';
  }

  private punctuation(char: number): void {
    if (this.heads === 0) this.logical.head = String.fromCharCode(char);
    this.heads = 2;
    const frame = this.open.at(-1);
    this.logical.endsInColon = char === COLON && frame === undefined;
    this.logical.hasColon ||= this.logical.endsInColon;

    if (char === PAREN_OPEN || char === BRACKET_OPEN || char === BRACE_OPEN) this.open.push(bracket);
    else if (char === COLON && frame?.kind === 'field')
      this.enterText({ kind: 'spec', string: frame.string });
    else if (char === PAREN_CLOSE || char === BRACKET_CLOSE || char === BRACE_CLOSE) {
      if (frame?.kind === 'bracket') this.open.pop();
      else if (frame?.kind === 'field' && char === BRACE_CLOSE) this.leave();
    }
  }

  private openQuote(quote: number): void {
    const prefix = this.word.toLowerCase();
    const isPrefix = STRING_PREFIXES.has(prefix);
    this.endWord();
    this.heads = 2;
    this.logical.endsInColon = false;
    this.string = {
      kind: 'string',
      quote,
      triple: false,
      raw: isPrefix && prefix.includes('r'),
      formatted: isPrefix && /[ft]/.test(prefix),
    };
    this.quotes = 1;
    this.mode = 'quote';
  }

  private openingQuote(char: number): void {
    if (char === this.string.quote && this.quotes < 3) {
      this.quotes++;
      if (this.quotes === 3) this.enterText({ ...this.string, triple: true });
    } else {
      this.endOpeningQuotes();
      this.character(char);
    }
  }

  /** Another character than a quote follows one quote, which opened a string, or two, which were an empty string. */
  private endOpeningQuotes(): void {
    if (this.quotes === 1) this.enterText(this.string);
    else this.mode = 'code';
  }

  /** The text of a string: all of a plain one; of a formatted one what is outside of its replacement fields. */
  private text(char: number): void {
    const frame = this.textFrame;
    const string = frame.kind === 'spec' ? frame.string : frame;
    const after = this.after;
    this.after = 'text';

    if (after === 'brace') {
      if (char === BRACE_OPEN) return;
      this.enterField(string);
      this.code(char);
    } else if (after === 'backslash' && !(string.formatted && isBrace(char))) {
      if (char === LETTER_N && string.formatted && !string.raw) this.after = 'N';
    } else if (after === 'N' && char === BRACE_OPEN) {
      this.after = 'name';
    } else if (after === 'name' && char !== string.quote) {
      if (char !== BRACE_CLOSE) this.after = 'name';
    } else if (char === string.quote) {
      this.closingQuote(string);
    } else {
      this.quotes = 0;
      if (char === BACKSLASH) this.after = 'backslash';
      else if (string.formatted && isBrace(char)) this.brace(char, frame.kind === 'spec', string);
    }
  }

  /** A brace in the text of a formatted string. One after a `\` counts too: `f"\{x}"` has a field. */
  private brace(char: number, inSpec: boolean, string: StringFrame): void {
    if (char === BRACE_OPEN && inSpec) this.enterField(string);
    else if (char === BRACE_OPEN) this.after = 'brace';
    else if (inSpec) {
      this.leave();
      this.leave();
    }
  }

  private closingQuote(string: StringFrame): void {
    this.quotes++;
    if (string.triple && this.quotes < 3) return;
    while (this.open.at(-1) !== string) this.open.pop();
    this.leave();
  }

  private newlineInText(): void {
    const string = this.textFrame.kind === 'spec' ? this.textFrame.string : this.textFrame;
    const after = this.after;
    this.after = 'text';
    this.quotes = 0;
    if (after === 'brace') this.enterField(string);
    // The format spec of a single-quoted f-string ends at a newline and its field goes on (PEP 701). Any other
    // text may not hold one: the string was left unclosed, and the lines after it are read as code again.
    else if (!string.triple && after !== 'backslash') {
      if (this.textFrame.kind !== 'spec') this.listener.onUnclosedString();
      this.leave();
    }
  }

  private enterText(frame: TextFrame): void {
    this.open.push(frame);
    this.resumeText(frame);
  }

  private resumeText(frame: TextFrame): void {
    this.textFrame = frame;
    this.mode = 'text';
    this.after = 'text';
    this.quotes = 0;
  }

  private enterField(string: StringFrame): void {
    this.open.push({ kind: 'field', string });
    this.mode = 'code';
  }

  /** Closes the innermost frame and goes on with what it stood in. */
  private leave(): void {
    this.open.pop();
    const outer = this.open.at(-1);
    if (outer?.kind === 'string' || outer?.kind === 'spec') this.resumeText(outer);
    else this.mode = 'code';
  }

  private beginMagic(char: number): void {
    this.mode = 'magic';
    this.logical.head = String.fromCharCode(char);
    this.heads = 2;
    this.magicFrom = this.at;
    this.previous = char;
  }

  private magicCharacter(char: number): void {
    const isSecond = this.at === this.magicFrom + 1;
    if (isSecond && char === PERCENT && this.previous === PERCENT && !this.indented) this.mode = 'cell magic';
    this.previous = char;
  }
}

type Mode = 'indentation' | 'code' | 'quote' | 'text' | 'comment' | 'magic' | 'cell magic';

interface StringFrame {
  readonly kind: 'string';
  readonly quote: number;
  readonly triple: boolean;
  readonly raw: boolean;
  /** An f-string or a t-string. */
  readonly formatted: boolean;
}

/** Frames whose inside is text. A format spec is text too: `f"{x:{width}}"`. */
type TextFrame = StringFrame | { readonly kind: 'spec'; readonly string: StringFrame };

/** A bracket, or a replacement field of a formatted string, whose inside is code; or a frame of text. */
type Frame =
  | TextFrame
  | { readonly kind: 'bracket' }
  | { readonly kind: 'field'; readonly string: StringFrame };

const bracket: Frame = { kind: 'bracket' };
const unquoted: StringFrame = { kind: 'string', quote: 0, triple: false, raw: false, formatted: false };

const STRING_PREFIXES = new Set('r b u f t br rb fr rf tr rt'.split(' '));

/** One more than the longest keyword that opens or continues a statement, `finally`. */
const LONGEST_WORD = 8;

const LF = 10;
const CR = 13;
const TAB = 9;
const FORM_FEED = 12;
const SPACE = 32;
const BOM = 0xfeff;
const BACKSLASH = 92;
const HASH = 35;
const COLON = 58;
const PERCENT = 37;
const BANG = 33;
const QUESTION = 63;
const SINGLE_QUOTE = 39;
const DOUBLE_QUOTE = 34;
const PAREN_OPEN = 40;
const PAREN_CLOSE = 41;
const BRACKET_OPEN = 91;
const BRACKET_CLOSE = 93;
const BRACE_OPEN = 123;
const BRACE_CLOSE = 125;
const LETTER_N = 78;

function isBrace(char: number): boolean {
  return char === BRACE_OPEN || char === BRACE_CLOSE;
}

/** Letters, digits, `_`, and all of Unicode beyond ASCII: which of it may stand in a name is for CPython to say. */
function isWordCharacter(char: number): boolean {
  return (
    (char >= 97 && char <= 122) ||
    (char >= 65 && char <= 90) ||
    (char >= 48 && char <= 57) ||
    char === 95 ||
    char >= 128
  );
}
