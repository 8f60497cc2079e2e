/** Says how far a series of measurements is, and when it will be done. */
export class Progress {
  readonly #totalMs: number;
  readonly #print: (line: string) => void;
  readonly #clock: () => number;
  #leastMs = 0;
  #takenMs = 0;

  /**
   * @param totalMs how long everything that is to be done takes at least
   * @param print gets a line for each step
   */
  constructor(totalMs: number, print: (line: string) => void, clock: () => number = () => performance.now()) {
    this.#totalMs = totalMs;
    this.#print = print;
    this.#clock = clock;
  }

  /** Does one step, which takes `leastMs` at least, and learns from what it took. */
  async step<T>(name: string, leastMs: number, work: () => Promise<T>): Promise<T> {
    this.#print(`${name} · about ${duration(this.remainingMs)} left`);
    const startMs = this.#clock();
    const result = await work();
    this.#takenMs += this.#clock() - startMs;
    this.#leastMs += leastMs;
    return result;
  }

  /** What is left takes as much more than its least time as what has been done did; before that, half as much more. */
  get remainingMs(): number {
    const stretch = this.#leastMs > 0 ? this.#takenMs / this.#leastMs : 1.5;
    return (this.#totalMs - this.#leastMs) * stretch;
  }
}

/** `40 s`, `12 min`, `3 h 20 min` */
export function duration(ms: number): string {
  if (ms < 90_000) return `${Math.ceil(ms / 1000)} s`;
  const minutes = Math.ceil(ms / 60_000);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
