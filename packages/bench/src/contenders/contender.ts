import type { RunStatus } from '@eager/engine';
import type { Token } from '@eager/generation';
import type { IOutput } from '@jupyterlab/nbformat';
import type { Environment } from '../environments/index.js';

/** One way to run a program that is being written. */
export interface Contender {
  readonly label: string;
  /** What it does, for readers who do not know it. */
  readonly about: string;
  /** Resolves when all that it runs programs with is ready: starting Python is no part of a run. */
  open(environment: Environment): Promise<Session>;
}

/** A fresh kernel, or whatever a contender has in its place, for one program. */
export interface Session extends AsyncDisposable {
  /** Runs the program whose text arrives at these times, counted from the call. */
  run(tokens: readonly Token[]): Promise<RunResult>;
}

/** What a run took, in milliseconds, and what it gave. */
export interface RunResult {
  readonly status: RunStatus;
  /** From the first request to the last token. */
  readonly generationMs: number;
  /** Sum of the durations of what ran, as its executor says. */
  readonly executionMs: number;
  /** From the first request to the last result. */
  readonly endToEndMs: number;
  readonly statements: number;
  readonly batches: number;
  /** For how long the gate kept statements, or what they were about to do, from happening: sum over the statements. */
  readonly heldMs: number;
  /** Processor time of everything that is not the program: see `engineCpuMs` in measure.ts. */
  readonly engineCpuMs: number;
  /** What Eager's latency model makes of the run; only runs of the engine have it. */
  readonly model?: RunModel;
  readonly outputs: readonly IOutput[];
}

interface RunModel {
  /** No executor that runs the statements in order could have been done earlier. */
  readonly lowerMs: number;
  readonly predictedMs: number;
  /** The span that broke the model's assumptions, if the prediction is more than 5 % away. */
  readonly deviation: string | null;
}
