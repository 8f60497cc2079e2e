import type { Output } from '@eager/execution';
import type { Message, ModelEvent } from '@eager/generation';
import type { Numbered, RunEvent } from '../events.js';
import type { ProgramFailure, RanStatement } from './failure.js';
import type { RepairDecision, Way } from './policy.js';

/**
 * Everything that happens while a model is asked, its program runs, and is repaired. `atMs` counts from the subscription,
 * and `attempt` counts the answers of the model from 1. The last event is `solved` or `failed`.
 */
export type SolveEvent = {
  readonly atMs: number;
  readonly attempt: number;
} /** The model is asked: for the first time, or to repair its program. */ & (
  | { readonly type: 'attempt'; readonly by: 'first' | Way }
  /** Its times count from the start of the attempt. */
  | { readonly type: 'model'; readonly event: ModelEvent }
  /**
   * Where the program of a repair runs: on the kernel that the last one has left, or on a new one. The statements that
   * are `kept` are in the program again, and do not run.
   */
  | { readonly type: 'kernel'; readonly isFresh: boolean; readonly kept: number; readonly reason: string }
  /** An event of the attempt's run; its times count from the start of the attempt. */
  | { readonly type: 'run'; readonly event: Numbered<RunEvent> }
  /** The program has failed, and this is done about it. */
  | { readonly type: 'decision'; readonly failure: ProgramFailure; readonly decision: RepairDecision }
  | { readonly type: 'attempt-end'; readonly report: AttemptReport }
  | ({ readonly type: 'solved' } & Solution)
  | ({ readonly type: 'failed'; readonly reason: Defeat } & Solution)
);

/** An event without what every event has. */
export type SolveEventBody = DistributiveOmit<SolveEvent, 'atMs' | 'attempt'>;
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** What an attempt came to and what it cost. */
export interface AttemptReport {
  readonly attempt: number;
  readonly by: 'first' | Way;
  /**
   * `ok`: the program ran to its end. `no code`: there was none in the answer. `not run`: it would have repeated what must
   * happen once. `broken off`: there was no whole answer, or somebody stopped it.
   */
  readonly outcome: 'ok' | 'error' | 'no code' | 'not run' | 'broken off';
  /** What ended it, such as `KeyError: 'shop' (line 4)`; undefined for one that is `ok` or has `no code`. */
  readonly problem: string | undefined;
  /** Whether generation was stopped before the end of the answer. */
  readonly wasStopped: boolean;
  readonly durationMs: number;
  /** As the service counts them; undefined when it does not say, as for an answer that was stopped. */
  readonly inputTokens: number | undefined;
  /** As the service counts them, or else a quarter of the characters. */
  readonly outputTokens: number;
  /** How many statements ran to their end, and for how long, in milliseconds. */
  readonly statements: number;
  readonly executionMs: number;
  /** For how long statements ran while the answer was still being written, in milliseconds. */
  readonly overlappedMs: number;
  /** Statements of earlier attempts that count for this one, and did not run again. */
  readonly kept: number;
  /** For how long those had run, in milliseconds. */
  readonly keptMs: number;
  /** Tokens, by a quarter of the characters, of those that were not even written again. */
  readonly keptTokens: number;
}

/** What all attempts have come to. */
export interface Solution {
  /**
   * The program whose result is on the kernel: the statements that have run to their end, in order. Empty when the answer had
   * no code.
   */
  readonly program: string;
  readonly statements: readonly RanStatement[];
  /** What these have shown, in order. */
  readonly outputs: readonly Output[];
  /** The text of the model's last answer. */
  readonly answer: string;
  /** The conversation, with all answers and what became of them. A next question can follow. */
  readonly messages: readonly Message[];
  readonly attempts: readonly AttemptReport[];
}

/**
 * Why there is no solution. The message says what happened, why, and what to do. `no repair`: to the report of an error the
 * model has answered without code.
 */
export interface Defeat {
  readonly kind:
    | 'no repair'
    | 'attempts'
    | 'same error'
    | 'tokens'
    | 'time'
    | 'interrupted'
    | 'state lost'
    | 'model';
  readonly message: string;
}
