import type { BatchSpan, Statement } from './timeline-facts.js';

/** The span that broke the model's assumptions in a run. */
export interface Deviation {
  /**
   * `kernel start`: the kernel was not ready when the first statement was. `hand-over`: a batch was sent later than its
   * statement was there and the kernel free. `overhead`: a batch cost more than the median batch. `end`: the cell ended
   * later than its last work.
   */
  readonly span: 'kernel start' | 'hand-over' | 'overhead' | 'end';
  /** How much longer it was than the model assumes, in milliseconds. */
  readonly excessMs: number;
  /** The batch it happened to; undefined for the end of the run. */
  readonly batchId: number | undefined;
}

/** A prediction is right while it is within this share of the measurement. */
const TOLERANCE = 0.05;

/** What a run was predicted to take and took, with the spans that it consisted of. */
export interface MeasuredRun {
  readonly predictedMs: number;
  readonly endToEndMs: number;
  /** S, in milliseconds. */
  readonly overheadMs: number;
  readonly batches: readonly BatchSpan[];
  readonly statements: readonly Statement[];
  /** When all work was done: the last statement, or the end of the cell. */
  readonly workedUntilMs: number;
}

/**
 * The longest of the spans that the model takes to be shorter, if the measurement is more than {@link TOLERANCE} away
 * from the prediction.
 */
export function deviationOf(run: MeasuredRun): Deviation | undefined {
  const { predictedMs, endToEndMs } = run;
  if (Math.abs(endToEndMs - predictedMs) <= TOLERANCE * endToEndMs) return undefined;
  return excesses(run).reduce<Deviation | undefined>(
    (longest, next) => (next.excessMs > (longest?.excessMs ?? 0) ? next : longest),
    undefined,
  );
}

function excesses({ batches, statements, overheadMs, endToEndMs, workedUntilMs }: MeasuredRun): Deviation[] {
  const found: Deviation[] = [];
  const firstOf = new Map<number, Statement>();
  for (const statement of statements) {
    const { batchId } = statement;
    if (batchId !== undefined && !firstOf.has(batchId)) firstOf.set(batchId, statement);
  }
  let freeAtMs = 0;
  for (const batch of batches) {
    const first = firstOf.get(batch.id);
    // What the gate held was to be late.
    const releasedAtMs = Math.max(first?.closedAtMs ?? 0, first?.held?.toMs ?? 0, freeAtMs);
    const span = batch.id === 0 ? 'kernel start' : 'hand-over';
    found.push({ span, excessMs: batch.sentAtMs - releasedAtMs, batchId: batch.id });
    if (batch.overheadMs !== undefined) {
      found.push({ span: 'overhead', excessMs: batch.overheadMs - overheadMs, batchId: batch.id });
    }
    freeAtMs = batch.finishedAtMs ?? freeAtMs;
  }
  found.push({ span: 'end', excessMs: endToEndMs - workedUntilMs, batchId: undefined });
  return found;
}
