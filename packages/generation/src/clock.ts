/** Milliseconds since the run began, on a clock that never goes back. */
export type Clock = () => number;

/** A {@link Clock} whose zero is now. */
export function startClock(): Clock {
  const zeroMs = performance.now();
  return () => performance.now() - zeroMs;
}
