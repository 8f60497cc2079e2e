import { batchedFinishTimes, endToEndMs, type Job, lowerBoundMs, type Regime, regime } from '@eager/latency';
import { type OperatorFunction, scan } from 'rxjs';
import { type Deviation, deviationOf } from './deviation.js';
import type { RunEvent, RunSummary } from './events.js';
import type { Log } from './log.js';
import {
  type BatchSpan,
  batchesOf,
  type Closing,
  type Facts,
  type Failure,
  factsAfter,
  noFacts,
  ranTogether,
  type Statement,
  statementsOf,
} from './timeline-facts.js';

/** The timeline after each event of a run: `Timeline.empty` folded over the events. */
export function timeline(): OperatorFunction<RunEvent, Timeline> {
  return scan((before, event) => before.add(event), Timeline.empty);
}

/** What limits a run, in milliseconds. */
export interface Bounds {
  /** From the first request to the last token. */
  readonly generationMs: number;
  /** Sum of the durations of the statements that ran, and of the end of the cell. */
  readonly executionMs: number;
  /**
   * No in-order executor could have been done earlier with what ran (see `lowerBoundMs`). Of statements that ran
   * as one piece only the sum of their durations is known: then this bound is true, but lower than it could be.
   */
  readonly lowerMs: number;
}

/** How far a run stayed above its lower bound. */
export interface Distance {
  /** End to end less the lower bound, in milliseconds. */
  readonly excessMs: number;
  /** End to end divided by the lower bound; undefined while that is 0. */
  readonly ratio: number | undefined;
}

/**
 * What happened when in a run, as far as its events tell: an immutable fold over {@link RunEvent}s.
 *
 * Adding an event costs O(1) whatever came before: a timeline records facts in logs that it shares with its
 * predecessors, and derives everything else when it is first read. Reading costs O(statements), so a display
 * that follows a run should sample it, for example with `auditTime`, and read only what it draws.
 *
 * It is valid at any moment. During a run, and after one that ended early, the numbers are about what happened so far.
 */
export class Timeline {
  static readonly empty = new Timeline(noFacts);

  readonly #facts: Facts;
  #statements: readonly Statement[] | undefined;
  #batches: readonly BatchSpan[] | undefined;
  #bounds: Bounds | undefined;

  private constructor(facts: Facts) {
    this.#facts = facts;
  }

  /** The timeline of a run whose next event is `event`. */
  add(event: RunEvent): Timeline {
    return new Timeline(factsAfter(this.#facts, event));
  }

  /** Arrival of each token, in milliseconds since the run began. */
  get tokenTimesMs(): Log<number> {
    return this.#facts.tokenTimesMs;
  }

  /** Time to first token; undefined before it. */
  get ttftMs(): number | undefined {
    return this.#facts.tokenTimesMs.at(0);
  }

  /** When the latest token arrived; undefined before the first. */
  get lastTokenMs(): number | undefined {
    return this.#facts.tokenTimesMs.at(-1);
  }

  /** The statements that detection has closed, in the order of the program. */
  get statements(): readonly Statement[] {
    this.#statements ??= statementsOf(this.#facts);
    return this.#statements;
  }

  /** The batches sent to the kernel, in order. */
  get batches(): readonly BatchSpan[] {
    this.#batches ??= batchesOf(this.#facts);
    return this.#batches;
  }

  /** The end of the cell; undefined until it is over. */
  get closing(): Closing | undefined {
    return this.#facts.closing;
  }

  /** Why the program stopped, if it raised. */
  get failure(): Failure | undefined {
    return this.#facts.failure;
  }

  /** How the run ended; undefined until it has. */
  get summary(): RunSummary | undefined {
    return this.#facts.summary;
  }

  /** From the first request to the last result, in milliseconds; until the run has ended, to its latest event. */
  get endToEndMs(): number {
    return this.summary?.endToEndMs ?? this.#facts.atMs;
  }

  /** From the last token to the last result, in milliseconds; until the run has ended, to its latest event. */
  get nonOverlappedMs(): number {
    return this.summary?.nonOverlappedMs ?? this.endToEndMs - (this.lastTokenMs ?? 0);
  }

  get bounds(): Bounds {
    this.#bounds ??= this.#computeBounds();
    return this.#bounds;
  }

  /** S as measured in this run: the median overhead of its finished batches, in milliseconds; 0 if there is none. */
  get overheadMs(): number {
    return median(this.batches.flatMap(({ overheadMs }) => overheadMs ?? []));
  }

  /**
   * What the recurrence with dynamic batching predicts for the end-to-end time, in milliseconds, from when the
   * statements were closed (r_i), their durations (X_i) and {@link overheadMs} (S), had the kernel been ready from
   * the start.
   */
  get predictedMs(): number {
    // What the gate held could not start before the gate let it.
    const jobs = this.#jobs(({ last }) => Math.max(last.closedAtMs, last.held?.toMs ?? 0));
    return endToEndMs(batchedFinishTimes(jobs, this.overheadMs), this.bounds.generationMs);
  }

  /** The span that broke the model's assumptions; undefined while the prediction is within 5 % of the measurement. */
  get deviation(): Deviation | undefined {
    const { predictedMs, endToEndMs, overheadMs, batches, statements, closing } = this;
    const lastFinishMs = statements.reduce((ms, { finishedAtMs = 0 }) => Math.max(ms, finishedAtMs), 0);
    const workedUntilMs = Math.max(closing?.finishedAtMs ?? 0, lastFinishMs, this.#generationMs);
    return deviationOf({ predictedMs, endToEndMs, overheadMs, batches, statements, workedUntilMs });
  }

  get regime(): Regime {
    return regime(this.bounds.generationMs, this.bounds.executionMs);
  }

  /** How far the run stayed above its lower bound. */
  get distance(): Distance {
    const { lowerMs } = this.bounds;
    return {
      excessMs: this.endToEndMs - lowerMs,
      ratio: lowerMs > 0 ? this.endToEndMs / lowerMs : undefined,
    };
  }

  toJSON() {
    const { tokenTimesMs, statements, batches, closing, failure, summary, endToEndMs, nonOverlappedMs } =
      this;
    const { bounds, overheadMs, predictedMs, deviation, regime, distance } = this;
    return {
      ...{ tokenTimesMs, statements, batches, closing, failure, summary, endToEndMs, nonOverlappedMs },
      ...{ bounds, overheadMs, predictedMs, deviation, regime, distance },
    };
  }

  #computeBounds(): Bounds {
    const jobs = this.#jobs(({ first }) => first.arrivedAtMs);
    return {
      generationMs: this.#generationMs,
      executionMs: jobs.reduce((sum, { durationMs }) => sum + durationMs, 0),
      lowerMs: lowerBoundMs(jobs, this.#generationMs),
    };
  }

  get #generationMs(): number {
    return this.summary?.generationMs ?? this.lastTokenMs ?? 0;
  }

  /** What has run so far. The end of the cell is a job too; only a failure lets it begin before the program has ended. */
  #jobs(releasedAtMs: (piece: RunPiece) => number): Job[] {
    const jobs = runPieces(this.statements).map((piece) => {
      return { releasedAtMs: releasedAtMs(piece), durationMs: piece.durationMs };
    });
    if (this.closing === undefined) return jobs;
    const { startedAtMs, durationMs } = this.closing;
    return [...jobs, { releasedAtMs: Math.min(this.#generationMs, startedAtMs), durationMs }];
  }
}

/** Statements that ran as one: a single one, or all of a program that was sent whole. */
interface RunPiece {
  readonly first: Statement;
  readonly last: Statement;
  readonly durationMs: number;
}

function runPieces(statements: readonly Statement[]): RunPiece[] {
  const pieces: RunPiece[] = [];
  for (const statement of statements) {
    const { startedAtMs, finishedAtMs } = statement;
    if (startedAtMs === undefined || finishedAtMs === undefined) continue;
    const previous = pieces.at(-1);
    if (previous !== undefined && ranTogether(previous.last, statement)) {
      pieces[pieces.length - 1] = { ...previous, last: statement };
    } else {
      const durationMs = statement.durationMs ?? finishedAtMs - startedAtMs;
      pieces.push({ first: statement, last: statement, durationMs });
    }
  }
  return pieces;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? upper;
  return (lower + upper) / 2;
}
