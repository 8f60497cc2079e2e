import type { AttemptReport } from './events.js';

/**
 * What attempts have saved beside generating a whole answer, running it, reporting its error, and generating anew: at least,
 * for how much more of an answer would have come is not known when it is stopped.
 */
export interface Saving {
  /** Tokens of statements that had run, and were not written again. */
  readonly outputTokens: number;
  /** For how long statements did not run again, or ran while answers were written, in milliseconds. */
  readonly durationMs: number;
  /** Answers that were stopped at their error, and not paid to their end. */
  readonly stopped: number;
}

export function savingOf(attempts: readonly AttemptReport[]): Saving {
  const sum = (value: (report: AttemptReport) => number) =>
    attempts.reduce((total, report) => total + value(report), 0);
  return {
    outputTokens: sum(({ keptTokens }) => keptTokens),
    durationMs: sum(({ keptMs, overlappedMs }) => keptMs + overlappedMs),
    stopped: sum(({ wasStopped }) => Number(wasStopped)),
  };
}
