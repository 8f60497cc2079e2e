import {
  concat,
  concatMap,
  defer,
  filter,
  groupBy,
  map,
  type Observable,
  type OperatorFunction,
  ReplaySubject,
  takeWhile,
  tap,
} from 'rxjs';
import { type Fence, MarkdownBlocks } from './markdown-blocks.js';
import type { Token } from './token.js';

export interface CodeFenceOptions {
  /**
   * What a text without any fence is: `prose` (default), so that there is no code in it, or `code` as a whole. Such code
   * comes when the text has ended, because until then a fence may follow.
   */
  readonly unfenced?: 'prose' | 'code';
}

/**
 * A piece of markdown. The pieces joined are the text without the indentation and block quote marks that do not belong
 * to fenced code. Fences, their info strings, and code in other languages than Python are prose.
 */
export interface MarkdownPiece {
  readonly kind: 'code' | 'prose';
  readonly text: string;
  /** The Python block that the piece belongs to or, for prose, follows: -1 before the first. Empty ones do not count. */
  readonly block: number;
}

/**
 * Takes Python out of the markdown that a model writes, while it writes: the Python blocks of the text in order, as one
 * program. Prose and blocks in other languages are left out.
 *
 * A block is fenced as in CommonMark and names Python (`python`, `py`, `{python}`, …) or nothing; in a list item or a
 * block quote its lines lose the indentation and marks of those; the end of the text closes it. A token keeps its
 * `atMs`. Code is released as soon as it can be no part of a closing fence: most of it with its own token. When the
 * answer goes on after the code, a last token without text says when the answer ended.
 *
 * @example fromStream(answer).pipe(codeFences())
 * @see {@link codeBlocks} for the blocks one by one.
 */
export function codeFences(options?: CodeFenceOptions): OperatorFunction<Token, Token> {
  return (tokens$) =>
    defer(() => {
      let answerAtMs = 0;
      let codeAtMs = 0;
      const code$ = tokens$.pipe(
        tap(({ atMs }) => {
          answerAtMs = atMs;
        }),
        markdownPieces(options),
        filter(isCode),
        map(toToken),
        tap(({ atMs }) => {
          codeAtMs = atMs;
        }),
      );
      return concat(
        code$,
        defer(() => (answerAtMs > codeAtMs ? [{ text: '', atMs: answerAtMs }] : [])),
      );
    });
}

/**
 * As {@link codeFences}, but each block is a program of its own: an observable that may be subscribed late or
 * not at all, and completes with its block.
 *
 * @example fromStream(answer).pipe(codeBlocks(), take(1), concatAll()) // the first block only
 */
export function codeBlocks(options?: CodeFenceOptions): OperatorFunction<Token, Observable<Token>> {
  return (tokens$) =>
    tokens$.pipe(
      markdownPieces(options),
      groupBy((piece) => piece.block, { connector: () => new ReplaySubject() }),
      filter((pieces$) => pieces$.key >= 0),
      map((pieces$) => pieces$.pipe(takeWhile(isCode), map(toToken))),
    );
}

/** Code and prose in order, each piece with the time of the token that released it: for showing both. */
export function markdownPieces(options?: CodeFenceOptions): OperatorFunction<Token, MarkdownPiece & Token> {
  return (tokens$) =>
    defer(() => {
      const reader = new CodeFenceReader(options);
      let atMs = 0;
      const stamp = (pieces: MarkdownPiece[]) => pieces.map((piece) => ({ ...piece, atMs }));
      const read = (token: Token) => {
        atMs = token.atMs;
        return stamp(reader.feed(token.text));
      };
      return concat(
        tokens$.pipe(concatMap(read)),
        defer(() => stamp(reader.end())),
      );
    });
}

const isCode = (piece: MarkdownPiece & Token): boolean => piece.kind === 'code';
const toToken = ({ text, atMs }: Token): Token => ({ text, atMs });

/**
 * The state machine behind {@link codeFences}. Feed it text cut anywhere, then call `end()`; each returns the pieces that
 * have become certain.
 */
export class CodeFenceReader {
  readonly #blocks = new MarkdownBlocks();
  #pieces: MarkdownPiece[] = [];
  #block = -1;
  /** The fence whose code is being read. */
  #fence: Fence | undefined;
  #isPython = false;
  /** No code of the fence has been released. */
  #isNewBlock = false;
  /** Outside a fence the line so far; inside it, its start that is not yet judged. */
  #line = '';
  /** What the line inside the fence is, once its start is judged. */
  #judged: 'code' | ClosingMark | undefined;
  #lastKind: MarkdownPiece['kind'] = 'prose';
  /** A CR was the last character: an LF that follows belongs to it. */
  #afterCr = false;
  /** The text so far, while it has no fence and would be code without one. */
  #unfenced: string | undefined;

  constructor({ unfenced = 'prose' }: CodeFenceOptions = {}) {
    if (unfenced === 'code') this.#unfenced = '';
  }

  feed(text: string): MarkdownPiece[] {
    for (const [part] of text.matchAll(/[^\r\n]+|\r\n?|\n/g)) {
      if (part === '\n' && this.#afterCr) this.#emit(this.#lastKind, part);
      else if (/[\r\n]/.test(part)) this.#endLine(part);
      else this.#extendLine(part);
      this.#afterCr = part === '\r';
    }
    return this.#takePieces();
  }

  /** The end of the text closes an open fence. */
  end(): MarkdownPiece[] {
    this.#endLine('');
    if (this.#unfenced !== undefined) {
      const code = this.#unfenced;
      this.#unfenced = undefined;
      this.#block = 0;
      this.#emit('code', code);
    }
    return this.#takePieces();
  }

  #extendLine(part: string): void {
    if (this.#fence === undefined) {
      this.#line += part;
      this.#emit('prose', part);
    } else if (this.#judged === 'code') {
      this.#emitCode(part);
    } else if (this.#judged !== undefined) {
      this.#judged.push(part);
      this.#releaseIfCode(this.#judged);
    } else {
      this.#line += part;
      this.#judge(false, this.#fence);
    }
  }

  #endLine(ending: string): void {
    if (this.#fence !== undefined && this.#judged === undefined) this.#judge(true, this.#fence);
    const line = this.#line;
    const judged = this.#judged;
    this.#line = '';
    this.#judged = undefined;

    if (this.#fence === undefined) {
      this.#emit('prose', ending);
      const fence = this.#blocks.readLine(line);
      if (fence !== undefined) this.#openFence(fence);
    } else if (judged instanceof ClosingMark && judged.isClosing()) {
      this.#fence = undefined;
      this.#emit('prose', judged.text + ending);
    } else {
      this.#emitCode((judged instanceof ClosingMark ? judged.text : '') + ending);
    }
  }

  /** Decides what the line in a fence is, if its start tells. */
  #judge(isWhole: boolean, fence: Fence): void {
    const start = this.#blocks.readFencedLine(this.#line, isWhole, fence);
    if (start.kind === 'undecided') return;
    if (start.kind === 'outside') {
      this.#fence = undefined;
      this.#emit('prose', this.#line);
      return;
    }
    this.#line = '';
    if (start.kind === 'code') {
      this.#judged = 'code';
      this.#emitCode(start.text);
    } else {
      this.#judged = new ClosingMark(start.text, fence);
      this.#releaseIfCode(this.#judged);
    }
  }

  #releaseIfCode(mark: ClosingMark): void {
    if (!mark.isCode()) return;
    this.#judged = 'code';
    this.#emitCode(mark.text);
  }

  #openFence(fence: Fence): void {
    const prose = this.#unfenced ?? '';
    this.#unfenced = undefined;
    this.#emit('prose', prose);
    this.#fence = fence;
    this.#isPython = isPython(fence.info);
    this.#isNewBlock = true;
  }

  #emitCode(text: string): void {
    if (this.#isPython && this.#isNewBlock && text !== '') {
      this.#isNewBlock = false;
      this.#block++;
    }
    this.#emit(this.#isPython ? 'code' : 'prose', text);
  }

  #emit(kind: MarkdownPiece['kind'], text: string): void {
    this.#lastKind = kind;
    if (this.#unfenced !== undefined) this.#unfenced += text;
    else if (text !== '') this.#pieces.push({ kind, text, block: this.#block });
  }

  /** Neighbours that belong together are joined, so that a token gives no more pieces than it has parts. */
  #takePieces(): MarkdownPiece[] {
    const joined: MarkdownPiece[] = [];
    for (const piece of this.#pieces) {
      const last = joined.at(-1);
      if (last?.kind === piece.kind && last.block === piece.block) {
        joined[joined.length - 1] = { ...last, text: last.text + piece.text };
      } else joined.push(piece);
    }
    this.#pieces = [];
    return joined;
  }
}

/** A line that begins like a closing fence: at least as many of the same character, then white space only. */
class ClosingMark {
  readonly #fence: Fence;
  #text = '';
  #length = 0;
  #hasEnded = false;
  #hasOther = false;

  constructor(text: string, fence: Fence) {
    this.#fence = fence;
    const mark = text.replace(/^[ \t]+/, '');
    this.#text = text.slice(0, text.length - mark.length);
    this.push(mark);
  }

  get text(): string {
    return this.#text;
  }

  /** Looks at the new part only: a line may be long. */
  push(part: string): void {
    this.#text += part;
    let index = 0;
    while (!this.#hasEnded && part[index] === this.#fence.char) index++;
    this.#length += index;
    if (index < part.length) this.#hasEnded = true;
    if (/[^ \t]/.test(part.slice(index))) this.#hasOther = true;
  }

  /** Whether no further character can make it a closing fence. */
  isCode(): boolean {
    return this.#hasOther || (this.#hasEnded && this.#length < this.#fence.length);
  }

  /** Whether it is one if the line ends here. */
  isClosing(): boolean {
    return !this.#hasOther && this.#length >= this.#fence.length;
  }
}

const PYTHON = new Set(['', 'python', 'python3', 'py', 'py3', 'ipython', 'ipython3']);

/** Reads the first word of an info string: `python title="x"`, `{python}`, `{.python .numberLines}`. */
function isPython(info: string): boolean {
  const word = /^\{?\.?([\w+#-]*)/.exec(info)?.[1] ?? '';
  return PYTHON.has(word.toLowerCase()) && (word !== '' || info === '');
}
