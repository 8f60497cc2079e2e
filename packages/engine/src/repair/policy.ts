import type { ProgramFailure } from './failure.js';

/**
 * How a failed program is repaired. `resume`: the kernel keeps its state, and the model goes on from the statement that
 * failed. `restart`: the model writes the whole program anew, and what already ran is not run again where that gives the
 * same result.
 */
export type Way = 'resume' | 'restart';

/** What is done about a failure, and why. */
export interface RepairDecision {
  /** Whether the model is stopped at once, or heard out, because what it still has to say may matter. */
  readonly stop: 'now' | 'after the answer';
  readonly by: Way;
  /** For people. */
  readonly reason: string;
}

/** Decides about a failure, at the moment when it happens. */
export type RepairPolicy = (failure: ProgramFailure) => RepairDecision;

/** A row of the table of repairs. It is for a failure that has all that the row asks for. */
export interface RepairRule extends RepairDecision {
  /** The classes of the exception; any when absent. */
  readonly errors?: readonly string[];
  /** What the source of the failed statement looks like. */
  readonly statement?: RegExp;
}

/** A policy that follows a table: the first row that fits decides, and {@link REPAIR_TABLE} where none does. */
export function repairPolicy(table: readonly RepairRule[] = []): RepairPolicy {
  return (failure) => {
    const { stop, by, reason } = [...table, ...REPAIR_TABLE].find((rule) => fits(rule, failure)) ?? DEFAULT;
    return { stop, by, reason };
  };
}

const DEFAULT: RepairDecision = {
  stop: 'now',
  by: 'resume',
  reason: 'nothing that is still to be written can run, and what ran is kept',
};

/** The default policy, row by row. An error that the program catches is none. */
export const REPAIR_TABLE: readonly RepairRule[] = [
  {
    errors: ['KernelError', 'MemoryError'],
    ...{ stop: 'now', by: 'restart', reason: 'the memory of the process is lost or full' },
  },
  {
    errors: ['AssertionError'],
    statement: /^assert\b|\btest_?\w*\(|\bassert/i,
    ...{ stop: 'after the answer', by: 'restart' },
    reason:
      'a check at the end of a program tells that what ran before it is wrong, and the model may say more',
  },
  {
    statement: /^(?:async )?(?:for|while|try)\b[\s\S]*^\s*except\b/m,
    ...{ stop: 'after the answer', by: 'resume' },
    reason: 'the statement handles errors of its own, so the model has thought of them and may say more',
  },
  {
    errors: ['SyntaxError', 'IndentationError', 'TabError'],
    ...{ stop: 'now', by: 'resume', reason: 'nothing of the statement ran, and nothing after it can' },
  },
  {
    errors: ['KeyboardInterrupt'],
    ...{ stop: 'now', by: 'resume', reason: 'the statement ran for too long; what ran before it is kept' },
  },
  {
    errors: ['NameError', 'UnboundLocalError', 'KeyError', 'IndexError', 'AttributeError'],
    ...{ stop: 'now', by: 'resume', reason: 'something is missing or has another name; what ran is right' },
  },
  {
    errors: ['ModuleNotFoundError', 'ImportError', 'FileNotFoundError', 'PermissionError', 'OSError'],
    ...{ stop: 'now', by: 'resume', reason: 'something is not on this machine; what ran is right' },
  },
  {
    errors: ['TypeError', 'ValueError', 'ZeroDivisionError', 'UnicodeDecodeError', 'RecursionError'],
    ...{ stop: 'now', by: 'resume', reason: 'the statement was given what it cannot use; what ran is kept' },
  },
];

function fits({ errors, statement }: RepairRule, { ename, chunk }: ProgramFailure): boolean {
  return (errors?.includes(ename) ?? true) && (statement?.test(chunk?.code ?? '') ?? true);
}
