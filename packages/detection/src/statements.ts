import type { ChunkKind, ClosedBy } from './chunk.js';
import { type LineListener, type LineStart, type LogicalLine, Scanner } from './scanner.js';

/**
 * The closing rules. A statement is one clause or several; each clause is a logical line and perhaps a block.
 *
 * | the clause's line …                      | the statement is closed by                                   |
 * |------------------------------------------|--------------------------------------------------------------|
 * | opens no block, nothing may follow it    | its newline                                                  |
 * | ends in `:`, nothing may follow it       | the first token at column 0                                  |
 * | has {@link FOLLOWERS}                    | the first token at column 0 that cannot begin one of them    |
 * | is a decorator                           | what closes the definition after it                          |
 * | is IPython's (`%`, `!`, `?`)             | its newline; `%%` by the end of the program                  |
 *
 * The end of the program closes every statement. Blank lines and comments close none. `match` needs no rule: a
 * line that ends in a `:` outside of brackets opens a block, whatever its first word is.
 */
const FOLLOWERS = new Map<string, readonly string[]>([
  ['if', ['elif', 'else']],
  ['elif', ['elif', 'else']],
  ['for', ['else']],
  ['while', ['else']],
  ['try', ['except', 'finally']],
  ['except', ['except', 'else', 'finally']],
  ['except … else', ['finally']],
]);

/** Words that make a statement compound even where its block stands on the same line. */
const COMPOUND = new Set('if elif else for while try except finally with def class async @'.split(' '));

/** Words that begin a clause, which has a `:`. */
const CLAUSES = new Set('if elif else for while try except finally with def class'.split(' '));

const MAGIC = new Set('% ! ?'.split(' '));

/** Where a complete top-level statement lies: [from, to) in UTF-16 code units of the program. */
export interface Statement {
  readonly from: number;
  readonly to: number;
  /** The line of `from`, counted from 1. */
  readonly line: number;
  readonly kind: ChunkKind;
  readonly closedBy: ClosedBy;
}

/** Finds the top-level statements of a program while it is being written. */
export class Statements implements LineListener {
  private readonly scanner = new Scanner(this);
  private open: OpenStatement | undefined;
  /** A line at column 0 that continues the open statement if its first word is one of the followers. */
  private candidate: LineStart | undefined;
  private closed: Statement[] = [];

  /** Reads on and returns the statements that no later character can change, in order. */
  feed(text: string): readonly Statement[] {
    this.scanner.scan(text);
    return this.takeClosed();
  }

  /** Says that the program has ended and returns what was still open. */
  end(): readonly Statement[] {
    this.scanner.end();
    this.close('end');
    return this.takeClosed();
  }

  /** The open statement as far as it is known. */
  get unfinished(): UnfinishedStatement | undefined {
    return this.open;
  }

  onLineStart(start: LineStart): void {
    if (this.open) checkIndentation(this.open, start.indentation);
    if (!this.open) this.begin(start);
    else if (start.isIndented) this.open.reading = 'block';
    else if (this.open.isDecorated) this.open.reading = 'clause';
    else if (this.open.followers.length > 0 && start.beginsWithWord) this.candidate = start;
    else this.closeBefore(start, 'dedent');
  }

  onHead(head: string, complete: boolean): void {
    if (!this.open || !this.candidate) return;
    const { followers } = this.open;
    if (complete ? !followers.includes(head) : !followers.some((word) => word.startsWith(head))) {
      this.closeBefore(this.candidate, 'keyword');
    } else if (complete) {
      this.candidate = undefined;
      this.open.reading = 'clause';
    }
  }

  onLineContinues(at: number): void {
    if (this.open) this.open.to = at;
  }

  onUnclosedString(): void {
    if (this.open) this.open.looksWrong = true;
  }

  onLineEnd(at: number, { head, next, endsInColon, hasColon, endsInNewline }: LogicalLine): void {
    const { open } = this;
    if (!open) return;
    open.to = at;
    open.looksWrong ||= !hasColon && CLAUSES.has(head === 'async' ? next : head);
    open.opensBlock = endsInColon;
    if (open.reading === 'block') return;

    if (open.kind === 'simple') open.kind = kindOf(head, endsInColon, open.start.isIndented);
    open.isDecorated = head === '@';
    if (open.isDecorated) return;
    const clause = head === 'async' ? next : head;
    open.followers = FOLLOWERS.get(clause === 'else' ? `${open.clause} … else` : clause) ?? [];
    open.clause = clause;
    if (!endsInColon && open.followers.length === 0) this.close(endsInNewline ? 'newline' : 'end');
  }

  /** An indented statement keeps its indentation: without it an invalid program would become a valid one. */
  private begin(start: LineStart): void {
    this.candidate = undefined;
    this.open = {
      start,
      from: start.from,
      to: start.from,
      line: start.line,
      reading: 'clause',
      kind: 'simple',
      clause: '',
      followers: [],
      isDecorated: false,
      indentations: [start.indentation],
      opensBlock: false,
      looksWrong: false,
    };
  }

  private closeBefore(next: LineStart, closedBy: ClosedBy): void {
    this.close(closedBy);
    this.begin(next);
  }

  private close(closedBy: ClosedBy): void {
    if (!this.open) return;
    const { from, to, line, kind } = this.open;
    this.closed.push({ from, to, line, kind, closedBy });
    this.open = undefined;
  }

  private takeClosed(): readonly Statement[] {
    if (this.closed.length === 0) return NONE;
    const { closed } = this;
    this.closed = [];
    return closed;
  }
}

/** A statement of which more may come: it surely begins at `from`, and surely holds the whole lines up to `to`. */
export interface UnfinishedStatement extends Readonly<Omit<Statement, 'closedBy'>> {
  /** It has an unclosed string, a clause without its `:`, or a line that is indented as Python does not allow. */
  readonly looksWrong: boolean;
}

interface OpenStatement extends UnfinishedStatement {
  readonly start: LineStart;
  to: number;
  kind: ChunkKind;
  /** What the line being read is to the statement: the head of a clause, or a line in a clause's block. */
  reading: 'clause' | 'block';
  /** The keyword of the latest clause. */
  clause: string;
  /** The keywords that may go on with the statement after this clause. */
  followers: readonly string[];
  /** Only decorators have been read so far. */
  isDecorated: boolean;
  /** How far the blocks around the line being read are indented, innermost last. */
  readonly indentations: number[];
  /** The line before the one being read has opened a block. */
  opensBlock: boolean;
  looksWrong: boolean;
}

/** A block is indented further than what opens it, and every line in it just as far. */
function checkIndentation(open: OpenStatement, indentation: number): void {
  const { indentations } = open;
  if (open.opensBlock && indentation > (indentations.at(-1) ?? 0)) {
    indentations.push(indentation);
    return;
  }
  open.looksWrong ||= open.opensBlock;
  while (indentation < (indentations.at(-1) ?? 0)) indentations.pop();
  open.looksWrong ||= indentation !== indentations.at(-1);
}

const NONE: readonly Statement[] = [];

/** An indented line is no magic: IPython rejects it where Python would. */
function kindOf(head: string, endsInColon: boolean, isIndented: boolean): ChunkKind {
  if (MAGIC.has(head) && !isIndented) return 'magic';
  return endsInColon || COMPOUND.has(head) ? 'compound' : 'simple';
}
