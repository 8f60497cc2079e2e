import type { Chunk } from '@eager/detection';
import type { RunEvent, RunSummary } from './events.js';
import { Log } from './log.js';

/**
 * `waiting`: complete, but not on the kernel yet. `failed`: it raised, or the run was stopped while it ran.
 * `skipped`: the run ended before it could start.
 */
export type StatementStatus = 'waiting' | 'running' | 'done' | 'failed' | 'skipped';

/** One statement on its way through a run. All times are milliseconds since the run began. */
export interface Statement {
  readonly chunkId: number;
  /** Its first line in the program, counted from 1. */
  readonly line: number;
  /** Its last line. */
  readonly lastLine: number;
  /** The text of its first line. */
  readonly source: string;
  readonly status: StatementStatus;
  /** When its last character arrived. */
  readonly arrivedAtMs: number;
  /** When it was known to be complete. */
  readonly closedAtMs: number;
  /** The batch that took it to the kernel; undefined before that. */
  readonly batchId: number | undefined;
  readonly startedAtMs: number | undefined;
  readonly finishedAtMs: number | undefined;
  /**
   * How long it ran on the kernel's clock; undefined until it has finished, and in a run that gave several
   * statements to the kernel as one piece, as a serial run does. Those start and finish together.
   */
  readonly durationMs: number | undefined;
  /** When and why the gate kept it, or something that it was about to do, from happening. */
  readonly held: HeldSpan | undefined;
}

/** Times are milliseconds since the run began. */
export interface HeldSpan {
  readonly fromMs: number;
  /** Undefined while it is held, and if the run ended before it could happen. */
  readonly toMs: number | undefined;
  /** `writes file "out.csv" (line 14)` */
  readonly reason: string;
}

/** One journey to the kernel and back. Times are milliseconds since the run began. */
export interface BatchSpan {
  readonly id: number;
  /** How many pieces of the program it carried: one for each statement, or one for the whole program. */
  readonly chunks: number;
  readonly sentAtMs: number;
  /** When its last chunk was reported finished; undefined until all have been. */
  readonly finishedAtMs: number | undefined;
  /** Its round trip less the durations of its chunks; undefined until all have finished. */
  readonly overheadMs: number | undefined;
}

/** The end of the cell, when the kernel shows the last expression's value and the figures that are still open. */
export interface Closing {
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  readonly durationMs: number;
}

/** What ended the program before its end. */
export interface Failure {
  /** The statement that raised; undefined if an interrupt came between two, or several ran as one piece. */
  readonly chunkId: number | undefined;
  readonly ename: string;
  readonly evalue: string;
}

/** What the events said, without what follows from it. */
export interface Facts {
  /** When the latest event happened. */
  readonly atMs: number;
  readonly tokenTimesMs: Log<number>;
  readonly closed: Log<ClosedStatement>;
  readonly sent: Log<SentBatch>;
  readonly finished: Log<FinishedPiece>;
  readonly running: (Piece & { readonly startedAtMs: number }) | undefined;
  readonly verdicts: Log<JudgedPiece>;
  readonly closing: Closing | undefined;
  readonly failure: Failure | undefined;
  readonly summary: RunSummary | undefined;
}

export const noFacts: Facts = {
  atMs: 0,
  tokenTimesMs: Log.empty(),
  closed: Log.empty(),
  sent: Log.empty(),
  finished: Log.empty(),
  running: undefined,
  verdicts: Log.empty(),
  closing: undefined,
  failure: undefined,
  summary: undefined,
};

/** What is known once `event` has happened too. Costs O(1), or O(chunks) for a batch. */
export function factsAfter(facts: Facts, event: RunEvent): Facts {
  return { ...facts, ...change(facts, event), atMs: event.atMs };
}

/** The statements so far, in the order of the program. */
export function statementsOf(facts: Facts): Statement[] {
  const { closed, sent, finished, running, failure, summary } = facts;
  const sentPieceOf = coveringPiece(
    [...sent].flatMap(({ id, pieces }) => pieces.map((piece) => ({ ...piece, id }))),
  );
  // Reports come on two channels, so one can overtake another.
  const finishedPieceOf = coveringPiece([...finished].sort((a, b) => a.from - b.from));
  const runningPieceOf = coveringPiece(running === undefined ? [] : [running]);
  const heldAt = heldSpans(facts);
  const hasEnded = summary !== undefined;
  return [...closed].map(({ from, to, ...statement }) => {
    const extent = { from, to };
    const base = { ...statement, batchId: sentPieceOf(extent)?.id, held: heldAt.get(from) };
    const result = finishedPieceOf(extent);
    if (result !== undefined) {
      const { ok, finishedAtMs, durationMs, heldMs } = result;
      // Without a failure of the run, what ended the statement was `exit()`.
      const status = ok || failure === undefined ? 'done' : 'failed';
      const ranAlone = result.from === from && result.to === to;
      const times = { startedAtMs: finishedAtMs - durationMs - heldMs, finishedAtMs };
      return { ...base, status, ...times, durationMs: ranAlone ? durationMs : undefined };
    }
    const unfinished = { ...base, finishedAtMs: undefined, durationMs: undefined };
    const current = runningPieceOf(extent);
    if (current !== undefined) {
      return { ...unfinished, status: hasEnded ? 'failed' : 'running', startedAtMs: current.startedAtMs };
    }
    return { ...unfinished, status: hasEnded ? 'skipped' : 'waiting', startedAtMs: undefined };
  });
}

/** Whether two neighbours were given to the kernel as parts of one piece. */
export function ranTogether(one: Statement, next: Statement): boolean {
  const areUnmeasured = one.durationMs === undefined && next.durationMs === undefined;
  return areUnmeasured && one.startedAtMs !== undefined && one.startedAtMs === next.startedAtMs;
}

/** The batches so far, in the order in which they were sent. */
export function batchesOf({ sent, finished }: Facts): BatchSpan[] {
  const results = new Map<number, FinishedPiece[]>();
  for (const result of finished) {
    const others = results.get(result.batchId);
    if (others === undefined) results.set(result.batchId, [result]);
    else others.push(result);
  }
  return [...sent].map(({ id, pieces, sentAtMs }) => {
    const batch = { id, chunks: pieces.length, sentAtMs };
    const own = results.get(id) ?? [];
    if (own.length < pieces.length) return { ...batch, finishedAtMs: undefined, overheadMs: undefined };
    const finishedAtMs = own.reduce((ms, piece) => Math.max(ms, piece.finishedAtMs), sentAtMs);
    const ranMs = own.reduce((sum, { durationMs, heldMs }) => sum + durationMs + heldMs, 0);
    // Two clocks measure the two times: their difference can be a hair below zero.
    return { ...batch, finishedAtMs, overheadMs: Math.max(0, finishedAtMs - sentAtMs - ranMs) };
  });
}

/** A part of the program, [from, to) in UTF-16 code units: one statement, or several that run as one. */
interface Piece {
  readonly from: number;
  readonly to: number;
}

interface ClosedStatement
  extends Piece,
    Pick<Statement, 'chunkId' | 'line' | 'lastLine' | 'source' | 'arrivedAtMs' | 'closedAtMs'> {}

interface SentBatch extends Pick<BatchSpan, 'id' | 'sentAtMs'> {
  readonly pieces: readonly Piece[];
}

interface FinishedPiece extends Piece {
  readonly batchId: number;
  readonly ok: boolean;
  readonly finishedAtMs: number;
  readonly durationMs: number;
  readonly heldMs: number;
}

/** What the gate said of a piece, or of what it was about to do. */
interface JudgedPiece extends Piece {
  readonly atMs: number;
  /** Why it is held; undefined once it may go on. */
  readonly reason: string | undefined;
}

/**
 * The times for which pieces were held, by where these begin. A piece that was held before it was sent goes on when it
 * starts; one that was held while it ran, when the gate says so.
 */
function heldSpans({ verdicts, finished, running }: Facts): Map<number, HeldSpan> {
  const spans = new Map<number, HeldSpan>();
  for (const { from, atMs, reason } of verdicts) {
    const span = spans.get(from);
    if (reason !== undefined && span === undefined)
      spans.set(from, { fromMs: atMs, toMs: undefined, reason });
    if (reason === undefined && span !== undefined) spans.set(from, { ...span, toMs: atMs });
  }
  const starts = [...finished].map(({ from, finishedAtMs, durationMs, heldMs }) => ({
    from,
    startedAtMs: finishedAtMs - durationMs - heldMs,
  }));
  if (running !== undefined) starts.push(running);
  for (const { from, startedAtMs } of starts) {
    const span = spans.get(from);
    if (span?.toMs === undefined && span !== undefined && startedAtMs > span.fromMs) {
      spans.set(from, { ...span, toMs: startedAtMs });
    }
  }
  return spans;
}

/** Finds the piece that holds a statement. Both have to come in the order of the program, so it looks at each once. */
function coveringPiece<T extends Piece>(pieces: readonly T[]): (statement: Piece) => T | undefined {
  let next = 0;
  return ({ from, to }) => {
    while ((pieces[next]?.to ?? Number.POSITIVE_INFINITY) <= from) next++;
    const piece = pieces[next];
    return piece !== undefined && piece.from <= from && to <= piece.to ? piece : undefined;
  };
}

function change(facts: Facts, event: RunEvent): Partial<Facts> {
  switch (event.type) {
    case 'token':
      return { tokenTimesMs: facts.tokenTimesMs.append(event.token.atMs) };
    case 'chunk':
      return { closed: facts.closed.append(closedStatement(event.chunk)) };
    case 'batch': {
      const { id, chunks, atMs } = event.batch;
      return { sent: facts.sent.append({ id, pieces: chunks.map(extentOf), sentAtMs: atMs }) };
    }
    case 'started':
      return { running: { ...extentOf(event.chunk), startedAtMs: event.atMs } };
    case 'finished': {
      const { chunk, batch, status, atMs, durationMs, heldMs } = event;
      const result = { batchId: batch.id, ok: status === 'ok', finishedAtMs: atMs, durationMs, heldMs };
      const finished = facts.finished.append({ ...extentOf(chunk), ...result });
      // A quick statement can be reported when the next one has already shown that it runs.
      return facts.running?.from === chunk.from ? { finished, running: undefined } : { finished };
    }
    case 'verdict': {
      const { chunk, verdict, atMs } = event;
      const reason = verdict.kind === 'hold' ? verdict.reason : undefined;
      // What runs at once is no news; most statements do.
      const isNews = reason !== undefined || facts.verdicts.at(-1)?.from === chunk.from;
      return isNews ? { verdicts: facts.verdicts.append({ ...extentOf(chunk), atMs, reason }) } : {};
    }
    case 'closed': {
      const { atMs, durationMs } = event;
      return { closing: { startedAtMs: atMs - durationMs, finishedAtMs: atMs, durationMs } };
    }
    case 'error': {
      const { chunk, ename, evalue } = event;
      return { failure: { chunkId: chunk && statementId(facts, chunk), ename, evalue } };
    }
    case 'end': {
      const { type: _type, atMs: _atMs, ...summary } = event;
      return { summary };
    }
    case 'output':
      return {};
  }
}

function extentOf({ from, to }: Chunk): Piece {
  return { from, to };
}

/** The id of the statement that `chunk` is; undefined if it holds several. Ids count the closed statements. */
function statementId({ closed }: Facts, chunk: Chunk): number | undefined {
  const statement = closed.at(chunk.id);
  return statement?.from === chunk.from && statement.to === chunk.to ? chunk.id : undefined;
}

/** Only the first line is kept, so that a timeline does not hold on to the program's text and syntax trees. */
function closedStatement({ id, from, to, line, code, arrivedAtMs, atMs }: Chunk): ClosedStatement {
  const lines = code.trimEnd().split(/\r\n?|\n/);
  const [source = ''] = lines;
  const place = { from, to, line, lastLine: line + lines.length - 1, source };
  return { chunkId: id, ...place, arrivedAtMs, closedAtMs: atMs };
}
