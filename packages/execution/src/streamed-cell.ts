import type { Chunk, Effect, Verdict } from '@eager/detection';
import type { Clock } from '@eager/generation';
import type { Batch, ExecutionEvent, GatedChunk, PythonError } from './kernel.js';
import type { Attribution } from './messages.js';
import type { Output } from './output.js';
import { nextPiece } from './piece.js';
import { Suspects } from './suspects.js';

/** What can happen to a streamed cell, from both of its sides. */
export type CellInput =
  | { readonly type: 'chunk'; readonly chunk: GatedChunk }
  /** No chunk will follow, only the text after the last one. */
  | { readonly type: 'end'; readonly trailing: string }
  /** What looks like a syntax error: a chunk that has not come yet, as far as it has arrived. */
  | { readonly type: 'suspect'; readonly chunk: Chunk }
  /** The driver is free and asks for more; `reply` answers it, once. */
  | {
      readonly type: 'pull';
      readonly report: DriverReport;
      /** It takes what is pending as one piece, and looks at no suspects. */
      readonly wantsPiece?: boolean;
      readonly reply: (value: string) => void;
    }
  /** The program is about to do something to the world; `verdict` is what the policy says, `reply` passes it on, once. */
  | {
      readonly type: 'effect';
      readonly chunkId: number;
      readonly ran: DriverReport['ran'];
      readonly verdict: Verdict;
      readonly reply: (value: string) => void;
    }
  /** The driver has found no error in a suspect that it was to look at while it is held. */
  | { readonly type: 'still held'; readonly reply: (value: string) => void }
  /** The driver reports in order with its outputs. */
  | { readonly type: 'mark'; readonly report: DriverReport }
  | ({ readonly type: 'output'; readonly output: Output } & Attribution)
  /** The cell is over. */
  | { readonly type: 'idle' };

/** What the driver asks leave for. */
export interface DriverQuestion {
  /** Null when it is held already, and has looked at a suspect in the meantime. */
  readonly effect: Effect | null;
  readonly chunk: number;
  readonly ran: DriverReport['ran'];
}

/** What the driver says of its work; see python/. All times are on the kernel's clock. */
export interface DriverReport {
  readonly ran: readonly {
    readonly id: number;
    /** From the receipt of the batch. */
    readonly startMs: number;
    /** Without the time for which it was held. */
    readonly durationMs: number;
    readonly heldMs: number;
    readonly error: PythonError | null;
    /** It was raised by the parser. */
    readonly isSyntaxError?: boolean;
    /** What it has done when nobody was asked any more. */
    readonly effects?: readonly Effect[];
  }[];
  /** From the receipt of the last batch to this pull. */
  readonly busyMs?: number;
  /** Nothing more of the cell runs or shows anything. */
  readonly closed?: boolean;
  /** How long it took to show the value of the last expression and open figures. */
  readonly shownMs?: number;
  /** What ended the program while none of its chunks ran. */
  readonly error?: PythonError | null;
}

/**
 * The client's side of a streamed cell: one `execute_request` that runs a program while its chunks arrive.
 *
 * The kernel pulls. Whenever it is free it asks, and the answer is every chunk that is pending at that moment, or
 * waits until there is one: the paper's dynamic batching without a queue of our own that would have to decide.
 *
 * Pure but for answering pulls. For each chunk the events come in the order `started`,
 * outputs, `finished`; only what the end of the program shows, and what threads print late, may follow.
 */
export class StreamedCell {
  readonly #clock: Clock;
  readonly #pending: GatedChunk[] = [];
  readonly #suspects = new Suspects();
  /** Chunks that the kernel has or had, by id. */
  readonly #sent = new Map<number, SentChunk>();
  #batches = 0;
  #batch: Batch | undefined;
  #lastSentId = -1;
  #wantsPieces = false;
  /** Answers the pull that is open: the kernel waits. */
  #reply: ((value: string) => void) | undefined;
  /** The chunk with an effect that is held until the end of the program. */
  #heldId: number | undefined;
  /** Answers the question about that effect; undefined while the kernel looks at a suspect. */
  #replyToHeld: ((value: string) => void) | undefined;
  #ended = false;
  #trailing = '';
  #aborted = false;
  #hasPulled = false;
  /** Estimated time that a reply takes to the kernel. */
  #uplinkMs = 0;
  #lastStarted: SentChunk | undefined;
  #closing: { readonly atMs: number; readonly report: DriverReport } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What happens at once is taken together, and so leaves in one batch. */
  take(...inputs: readonly CellInput[]): ExecutionEvent[] {
    const events = inputs.flatMap((input) => this.#take(input));
    return [...events, ...this.#answer()];
  }

  #take(input: CellInput): ExecutionEvent[] {
    switch (input.type) {
      case 'chunk':
        this.#pending.push(input.chunk);
        return [];
      case 'suspect':
        this.#suspects.add(input.chunk);
        this.#checkWhileHeld();
        return [];
      case 'end':
        this.#ended = true;
        this.#trailing = input.trailing;
        return this.#release();
      case 'pull': {
        this.#hasPulled = true;
        const sentAtMs = this.#suspects.check?.atMs ?? this.#batch?.atMs;
        if (sentAtMs !== undefined && input.report.busyMs !== undefined) {
          this.#uplinkMs = Math.max(0, this.#clock() - sentAtMs - input.report.busyMs) / 2;
        }
        this.#suspects.acquit();
        this.#reply = input.reply;
        this.#wantsPieces = input.wantsPiece ?? false;
        return this.#finish(input.report);
      }
      case 'effect':
        return [...this.#finish(input), ...this.#decide(input.chunkId, input.verdict, input.reply)];
      case 'still held':
        this.#suspects.acquit();
        return this.#hold(input.reply);
      case 'mark':
        if (input.report.closed) this.#closing = { atMs: this.#clock(), report: input.report };
        return this.#finish(input.report);
      case 'output':
        return [...this.#finish(input), ...this.#output(input.output, input.chunkId)];
      case 'idle':
        return this.#close();
    }
  }

  /** A chunk that the kernel has or had. */
  sentChunk(id: number): GatedChunk | undefined {
    return this.#sent.get(id)?.chunk;
  }

  /**
   * Ends the program where it waits for more, now or later; the driver raises KeyboardInterrupt there.
   *
   * @returns whether it waits, or will when it begins, which an interrupt could only disturb: a kernel that is between two
   * requests forgets the one that it interrupts, or runs another client's. If not, it runs, and only an interrupt of
   * the kernel reaches it.
   */
  abort(): boolean {
    this.#aborted = true;
    const isWaiting = !this.#hasPulled || this.#reply !== undefined || this.#replyToHeld !== undefined;
    this.#replyToHeld?.(ABORT);
    this.#replyToHeld = undefined;
    this.#answer();
    return isWaiting;
  }

  #answer(): ExecutionEvent[] {
    const reply = this.#reply;
    if (!reply) return [];
    const isToRun = this.#aborted || this.#ended || this.#pending.length > 0;
    const suspect =
      isToRun || this.#wantsPieces ? undefined : this.#suspects.next(this.#lastSentId, this.#clock());
    if (!isToRun && !suspect) return [];
    this.#reply = undefined;
    if (suspect) {
      reply(JSON.stringify({ check: toCheck(suspect), end: false }));
      return [];
    }
    if (this.#aborted) {
      reply(ABORT);
      return [];
    }
    const chunks = this.#wantsPieces ? nextPiece(this.#pending) : this.#pending.splice(0);
    const end = this.#ended && this.#pending.length === 0;
    reply(JSON.stringify({ chunks: chunks.map(toWire), end, trailing: this.#trailing }));
    return this.#send(chunks, this.#clock());
  }

  /** The kernel has got these chunks. */
  #send(chunks: readonly GatedChunk[], atMs: number): ExecutionEvent[] {
    const [first] = chunks;
    if (!first) return [];
    const batch: Batch = { id: this.#batches++, chunks, atMs };
    this.#batch = batch;
    for (const [index, chunk] of chunks.entries()) {
      this.#lastSentId = chunk.id;
      this.#sent.set(chunk.id, {
        chunk,
        batch,
        next: chunks[index + 1]?.id,
        startedAtMs: undefined,
        isFinished: false,
      });
    }
    return [{ type: 'batch', atMs, batch }, ...this.#start(first.id, atMs)];
  }

  /** If `id` is that of a suspect that the kernel looks at, the kernel has made it a batch of its own. */
  #convict(id: number): ExecutionEvent[] {
    const check = this.#suspects.convict(id);
    if (!check || this.#sent.has(id)) return [];
    return this.#send([this.#pending.find((chunk) => chunk.id === id) ?? check.chunk], check.atMs);
  }

  #decide(chunkId: number, verdict: Verdict, reply: (value: string) => void): ExecutionEvent[] {
    if (this.#aborted) {
      reply(ABORT);
      return [];
    }
    const isHeld = verdict.kind === 'hold' && !this.#ended;
    // What is allowed at once is no news.
    const events = isHeld || verdict.kind === 'deny' ? this.#verdict(chunkId, verdict) : [];
    if (isHeld) {
      this.#heldId = chunkId;
      this.#hold(reply);
    } else {
      reply(JSON.stringify({ denied: verdict.kind === 'deny' ? verdict.reason : null, end: this.#ended }));
    }
    return events;
  }

  #hold(reply: (value: string) => void): ExecutionEvent[] {
    if (this.#aborted) {
      reply(ABORT);
      return [];
    }
    this.#replyToHeld = reply;
    if (this.#ended) return this.#release();
    this.#checkWhileHeld();
    return [];
  }

  /** A kernel that is held has time to look at what comes after. */
  #checkWhileHeld(): void {
    const reply = this.#replyToHeld;
    if (!reply || this.#heldId === undefined || this.#wantsPieces) return;
    const suspect = this.#suspects.next(this.#heldId, this.#clock());
    if (!suspect) return;
    this.#replyToHeld = undefined;
    reply(JSON.stringify({ check: toCheck(suspect), end: false }));
  }

  #release(): ExecutionEvent[] {
    const [id, reply] = [this.#heldId, this.#replyToHeld];
    if (id === undefined || !reply) return [];
    this.#heldId = undefined;
    this.#replyToHeld = undefined;
    reply(JSON.stringify({ denied: null, end: true }));
    return this.#verdict(id, { kind: 'run' });
  }

  #verdict(chunkId: number, verdict: Verdict): ExecutionEvent[] {
    const sent = this.#sent.get(chunkId);
    return sent ? [{ type: 'verdict', atMs: this.#clock(), chunk: sent.chunk, verdict }] : [];
  }

  #start(id: number, atMs: number): ExecutionEvent[] {
    const sent = this.#sent.get(id);
    if (!sent || sent.startedAtMs !== undefined) return [];
    sent.startedAtMs = atMs;
    this.#lastStarted = sent;
    return [{ type: 'started', atMs, batch: sent.batch, chunk: sent.chunk }];
  }

  #finish(report: Pick<DriverReport, 'ran'>): ExecutionEvent[] {
    const events: ExecutionEvent[] = [];
    for (const { id, startMs, durationMs, heldMs, error, isSyntaxError = false, effects } of report.ran) {
      events.push(...this.#convict(id));
      const sent = this.#sent.get(id);
      // Reports overlap.
      if (!sent || sent.isFinished) continue;
      sent.isFinished = true;
      const { chunk, batch } = sent;
      const ranMs = durationMs + heldMs;
      const atMs = Math.min(this.#clock(), batch.atMs + this.#uplinkMs + startMs + ranMs);
      const measured = { type: 'finished', atMs, batch, chunk, durationMs, heldMs } as const;
      const finished = effects ? { ...measured, effects } : measured;
      events.push(...this.#start(id, atMs - ranMs));
      if (error) {
        events.push({ ...finished, status: 'error', error, isSyntaxError });
      } else {
        events.push({ ...finished, status: 'ok' });
        if (sent.next !== undefined) events.push(...this.#start(sent.next, atMs));
      }
    }
    return events;
  }

  #output(output: Output, chunkId: number | undefined): ExecutionEvent[] {
    const events =
      chunkId === undefined ? [] : [...this.#convict(chunkId), ...this.#start(chunkId, this.#clock())];
    const sent = (chunkId === undefined ? undefined : this.#sent.get(chunkId)) ?? this.#lastStarted;
    // Before its first chunk a cell can only be interrupted, which the end of the run says.
    if (!sent) return events;
    events.push({ type: 'output', atMs: this.#clock(), batch: sent.batch, chunk: sent.chunk, output });
    return events;
  }

  #close(): ExecutionEvent[] {
    const atMs = this.#clock();
    const { report, atMs: closingAtMs } = this.#closing ?? { report: { ran: [] }, atMs };
    const durationMs = (report.shownMs ?? 0) + atMs - closingAtMs;
    // A program that was interrupted while it waited for its turn has not begun.
    const error = this.#aborted && !this.#closing ? NEVER_BEGAN : (report.error ?? null);
    return [{ type: 'closed', atMs, durationMs, error }];
  }
}

/** Makes the driver raise KeyboardInterrupt where it waits. */
const ABORT = JSON.stringify({ chunks: [], end: true, abort: true });

const NEVER_BEGAN: PythonError = {
  ename: 'KeyboardInterrupt',
  evalue: 'Interrupted before the program began.',
  traceback: [],
};

/** A chunk as the driver reads it: its id, its text, and why it must not run, if it must not. */
function toWire({ id, leading, code, verdict }: GatedChunk): readonly [number, string, string | null] {
  return [id, leading + code, verdict?.kind === 'deny' ? verdict.reason : null];
}

/** A suspect as the driver reads it. */
function toCheck({ id, leading, code, line }: Chunk) {
  return { id, leading, code, line };
}

interface SentChunk {
  readonly chunk: GatedChunk;
  readonly batch: Batch;
  /** The chunk that the kernel runs after this one without asking. */
  readonly next: number | undefined;
  startedAtMs: number | undefined;
  isFinished: boolean;
}
