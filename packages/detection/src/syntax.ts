import { type Input, type PartialParse, Tree, TreeBuffer } from '@lezer/common';
import { parser } from '@lezer/python';

/** The code of a chunk and its syntax tree, whose offsets count from the start of the code. */
export interface ParsedCode {
  readonly code: string;
  readonly tree: Tree;
}

/**
 * Parses the code of one chunk with Lezer while it arrives, so that little is left to do when the chunk closes.
 * The tree is the one that a parse of the whole code gives.
 *
 * The parse runs one piece behind the text, because an LR parser that looks ahead must never see the end of a
 * text that will go on. It starts with the second piece; a chunk of a single piece is parsed at once.
 */
export class GrowingParse {
  private readonly text = new GrowingText();
  private parse: PartialParse | undefined;
  private strictParse: PartialParse | undefined;
  private hasFailed = false;

  /** Adds text that is known to belong to the chunk: whole physical lines, at least one. */
  append(lines: string): void {
    const lastFrom = this.text.length;
    this.text.append(lines);
    if (lastFrom === 0 || !/\S/.test(lines)) return;
    this.parse ??= parser.createParse(this.text, [], [{ from: 0, to: UNKNOWN_LENGTH }]);
    while (this.parse.parsedPos < lastFrom) this.parse.advance();
  }

  /** The text so far. */
  get code(): string {
    return this.text.toString();
  }

  /**
   * Whether Lezer finds an error in the text so far; once it does, it stays so. That is a suspicion and no more: there
   * is valid Python that it does not know. The resumable parse does not tell of its errors before it is finished, so a
   * second one reads the text that stops at the first. It may read to the end of the text: its tree is not used.
   */
  hasError(): boolean {
    if (this.hasFailed) return true;
    try {
      this.strictParse ??= strictParser.createParse(this.text, [], [{ from: 0, to: UNKNOWN_LENGTH }]);
      while (this.strictParse.parsedPos < this.text.length - 1) this.strictParse.advance();
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      this.hasFailed = true;
      this.strictParse = undefined;
    }
    return this.hasFailed;
  }

  /** Says that the chunk is complete. */
  finish(): ParsedCode {
    const { code } = this;
    return { code, tree: (this.parse && finishedTree(this.parse, code.length)) ?? parser.parse(code) };
  }
}

/** Whether there is an error node in a tree. */
export function hasErrorNode(tree: Tree): boolean {
  const cursor = tree.cursor();
  do if (cursor.type.isError) return true;
  while (cursor.next());
  return false;
}

/** Throws at the first error instead of recovering from it. */
const strictParser = parser.configure({ strict: true });

/** Longer than any text, and still a small integer. */
const UNKNOWN_LENGTH = 2 ** 30 - 1;

/**
 * Ends a parse of which Lezer does not know that its text is at its end. It takes the missing text for one
 * unexpected character, so its tree has an error node of length 1 after the text, which is taken off here.
 * Nothing is returned if that node is not alone at the end, because an error of the program reaches it: there the
 * tree would differ.
 */
function finishedTree(parse: PartialParse, length: number): Tree | undefined {
  parse.stopAt(length);
  let tree = parse.advance();
  while (!tree) tree = parse.advance();
  return tree.length === length + 1 ? withoutLastError(tree, length) : undefined;
}

/** The tree cut to `length`, if all that follows is an error node which is the last child of its top node. */
function withoutLastError(tree: Tree, length: number): Tree | undefined {
  const children = [...tree.children];
  const positions = [...tree.positions];
  const last = children.pop();
  const from = positions.pop() ?? 0;
  if (last instanceof TreeBuffer || last?.type.isAnonymous) {
    const rest =
      last instanceof TreeBuffer
        ? bufferWithoutLastError(last, length - from)
        : withoutLastError(last, length - from);
    if (!rest) return undefined;
    children.push(rest);
    positions.push(from);
  } else if (!last?.type.isError || from !== length) return undefined;
  return new Tree(tree.type, children, positions, length);
}

/** A buffer holds four numbers a node, parents first: its type, its start, its end, and the index after its last child. */
function bufferWithoutLastError({ buffer, set }: TreeBuffer, length: number): TreeBuffer | undefined {
  const last = buffer.length - 4;
  let node = 0;
  while (node < last) node = buffer[node + 3] ?? last;
  const isLastError = node === last && buffer[node + 1] === length && set.types[buffer[node] ?? 0]?.isError;
  return isLastError && last > 0 ? new TreeBuffer(buffer.slice(0, last), length, set) : undefined;
}

/** A text that grows by pieces. Joined only once: a string that grows would be flattened again for each read. */
class GrowingText implements Input {
  readonly lineChunks = false;
  private readonly pieces: string[] = [];
  private readonly starts: number[] = [];
  length = 0;

  append(piece: string): void {
    this.pieces.push(piece);
    this.starts.push(this.length);
    this.length += piece.length;
  }

  /** The text from `from` to the end of the piece that holds it, as Lezer's `Input` asks for; empty at the end. */
  chunk(from: number): string {
    // The parser jumps: at the end of a node it looks at the node's start.
    let low = 0;
    let high = this.pieces.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.starts[middle] ?? 0) <= from) low = middle;
      else high = middle;
    }
    return this.pieces[low]?.slice(from - (this.starts[low] ?? 0)) ?? '';
  }

  read(from: number, to: number): string {
    let text = '';
    while (from + text.length < Math.min(to, this.length)) text += this.chunk(from + text.length);
    return text.slice(0, to - from);
  }

  toString(): string {
    return this.pieces.join('');
  }
}
