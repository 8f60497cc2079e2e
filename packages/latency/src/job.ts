/**
 * One statement as the model sees it: work that becomes available at a moment and occupies the kernel for a
 * while. The kernel takes jobs in the order of the program, one at a time.
 */
export interface Job {
  /** r_i: when it may start at the earliest, in milliseconds since the run began. */
  readonly releasedAtMs: number;
  /** X_i: how long it occupies the kernel, in milliseconds, overhead not counted. */
  readonly durationMs: number;
}
