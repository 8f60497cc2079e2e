import { Tree } from '@lezer/common';
import type { Chunk } from './chunk.js';
import { type Statement, Statements } from './statements.js';
import { GrowingParse, hasErrorNode } from './syntax.js';

/**
 * Cuts a program into its top-level statements while the program is being written. A chunk that was given out
 * is final: whatever text follows, CPython would read the same statement there.
 */
export class Segmenter {
  private readonly statements = new Statements();
  private readonly tail = new Tail();
  private readonly arrivals = new Arrivals();
  private begun: BegunChunk | undefined;
  private suspected: Chunk[] = [];
  private count = 0;

  /**
   * Reads the next piece of the program, cut anywhere, and returns the chunks that it completes.
   * `atMs` is when the piece arrived, in milliseconds since the run began.
   */
  feed(text: string, atMs: number): Chunk[] {
    this.tail.append(text);
    this.arrivals.add(this.tail.end, atMs);
    const chunks = this.chunksOf(this.statements.feed(text), atMs);
    this.suspected = chunks.filter(({ tree }) => hasErrorNode(tree));
    this.parseAhead(atMs);
    return chunks;
  }

  /**
   * What looks like a syntax error since the last piece: chunks that it completed, and the statement that is still open,
   * as far as its lines are complete. The latter has the id of the chunk that it will become and an empty tree, and
   * is suspected again when it has grown. Valid Python can look like this too: CPython has to judge.
   */
  get suspects(): readonly Chunk[] {
    return this.suspected;
  }

  /** Says that the program is complete, at `atMs`, and returns the chunk that was still open, if there was one. */
  end(atMs: number): Chunk[] {
    return this.chunksOf(this.statements.end(), atMs);
  }

  private chunksOf(statements: readonly Statement[], atMs: number): Chunk[] {
    return statements.map((statement) => {
      const { leading, parse } = this.begin(statement.from);
      if (statement.to > this.tail.start) parse.append(this.tail.take(statement.to));
      const { code, tree } = parse.finish();
      this.begun = undefined;
      const contentTo = statement.from + code.replace(/(\r\n|\r|\n)$/, '').length;
      const arrivedAtMs = this.arrivals.timeOf(contentTo - 1);
      this.arrivals.forget(statement.to);
      return { id: this.count++, code, leading, ...statement, tree, arrivedAtMs, atMs };
    });
  }

  private parseAhead(atMs: number): void {
    const open = this.statements.unfinished;
    if (!open || open.to <= this.tail.start) return;
    const begun = this.begin(open.from);
    if (open.to === this.tail.start) return;
    begun.parse.append(this.tail.take(open.to));
    if (!(begun.parse.hasError() || open.looksWrong) || open.to < begun.nextSuspectTo) return;
    const { from, to, line, kind } = open;
    begun.nextSuspectTo = to + (to - from) * SUSPECT_GROWTH;
    const { leading, parse } = begun;
    const statement = { code: parse.code, leading, from, to, line, kind, closedBy: 'end' } as const;
    this.suspected.push({ id: this.count, ...statement, tree: Tree.empty, arrivedAtMs: atMs, atMs });
  }

  private begin(from: number): BegunChunk {
    this.begun ??= { leading: this.tail.take(from), parse: new GrowingParse(), nextSuspectTo: 0 };
    return this.begun;
  }
}

/** What is kept of the open statement. */
interface BegunChunk {
  readonly leading: string;
  readonly parse: GrowingParse;
  /** It is suspected again when it reaches this offset. */
  nextSuspectTo: number;
}

/**
 * By which share of its length an open statement grows before it is suspected again. So what a statement costs that
 * only looks like an error is linear in its length: all its suspects together are 17 times as long.
 */
const SUSPECT_GROWTH = 1 / 16;

/** The text of the program that is in no chunk yet. Every character is appended once and taken once. */
class Tail {
  /** Offset of the first character. */
  start = 0;
  /** Offset after the last character. */
  end = 0;
  private pieces: string[] = [];

  append(text: string): void {
    this.pieces.push(text);
    this.end += text.length;
  }

  /** Removes the text before the offset `to` and returns it. */
  take(to: number): string {
    const text = this.pieces.length === 1 ? (this.pieces[0] ?? '') : this.pieces.join('');
    const length = to - this.start;
    this.pieces = [text.slice(length)];
    this.start = to;
    return text.slice(0, length);
  }
}

/** When each character arrived. */
class Arrivals {
  private readonly ends: number[] = [];
  private readonly times: number[] = [];

  add(end: number, atMs: number): void {
    this.ends.push(end);
    this.times.push(atMs);
  }

  timeOf(offset: number): number {
    return this.times[this.indexOf(offset)] ?? 0;
  }

  /** Drops the pieces that lie wholly before `offset`. */
  forget(offset: number): void {
    const count = this.indexOf(offset);
    this.ends.splice(0, count);
    this.times.splice(0, count);
  }

  /** The index of the piece that holds the character at `offset`. */
  private indexOf(offset: number): number {
    let low = 0;
    let high = this.ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.ends[middle] ?? 0) > offset) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
