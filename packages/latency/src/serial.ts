/** What a serial run spends, each in milliseconds. */
export interface SerialSpans {
  /** From the first request to the last token: the time to first token plus the tokens over their rate, TTFT + L/v. */
  readonly generationMs: number;
  /** S: what the one request costs on top of the program's own time. */
  readonly setupMs: number;
  /** X: the sum of the statements' durations. */
  readonly executionMs: number;
}

/**
 * What a user waits for when the program runs after it has been written: TTFT + L/v + S + X, in milliseconds.
 * Nothing overlaps.
 */
export function serialMs({ generationMs, setupMs, executionMs }: SerialSpans): number {
  return generationMs + setupMs + executionMs;
}
