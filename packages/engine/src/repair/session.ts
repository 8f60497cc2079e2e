import { type Effect, EffectAnalysis } from '@eager/detection';
import type { Message, ModelRequest } from '@eager/generation';
import { type AnswerLog, RUN_PYTHON, tokensIn } from './answer-log.js';
import type { AttemptLog } from './attempt-log.js';
import type { AttemptReport, Defeat, Solution } from './events.js';
import { describeFailure, type ProgramFailure, type RanStatement } from './failure.js';
import type { RepairDecision, RepairPolicy, Way } from './policy.js';
import type { Comparison } from './prefix.js';
import { divergedPrompt, repairPrompt, resultPrompt } from './prompts.js';

/** How far a repair may go. */
export interface RepairLimits {
  /** How many answers the model may give, the first one included; 3 by default. */
  readonly attempts?: number | undefined;
  /** How many tokens all answers together may have. */
  readonly outputTokens?: number | undefined;
  /** How long all may take, in milliseconds. */
  readonly durationMs?: number | undefined;
}

export interface SessionOptions {
  readonly repair: RepairPolicy;
  /** Overrules the policy. */
  readonly repairBy?: Way | undefined;
  readonly limits: RepairLimits;
  readonly form: 'fences' | 'tool';
  /** Whether there can be another kernel. */
  readonly hasFreshKernels: boolean;
}

/** An answer that the model is to give. */
export interface Turn {
  readonly attempt: number;
  readonly by: 'first' | Way;
  readonly request: ModelRequest;
}

/** Where the program of a turn is to run. */
export type Placement =
  | {
      readonly type: 'same' | 'fresh';
      readonly kept: number;
      readonly to: number;
      readonly lines: number;
      readonly reason: string;
    }
  /** Nowhere: it would repeat what must happen once, or there is no other kernel. */
  | { readonly type: 'refused'; readonly reason: string };

/** What came of a turn. */
export interface TurnResult {
  readonly log: AttemptLog;
  readonly answer: AnswerLog;
  readonly placement: Placement | undefined;
  readonly decision: RepairDecision | undefined;
  readonly durationMs: number;
  /** Why there is no result. */
  readonly defeat: Defeat | undefined;
}

/** How often one error may come back. */
const SAME_ERROR_LIMIT = 3;

/**
 * The course of a repair without its streams: which statements stand on the kernel, how the next answer is asked for, where
 * its program runs, and when there is no more to do.
 */
export class RepairSession {
  readonly #options: SessionOptions;
  readonly #request: ModelRequest;
  readonly #reports: AttemptReport[] = [];
  #messages: readonly Message[];
  /** What stands on the kernel. */
  #ran: readonly RanStatement[] = [];
  #analysis = new EffectAnalysis();
  #failure: ProgramFailure | undefined;
  #sameErrors = 0;
  #answer = '';

  constructor(request: ModelRequest, options: SessionOptions) {
    this.#options = options;
    this.#messages = request.messages;
    this.#request =
      options.form === 'tool' ? { ...request, tools: [...(request.tools ?? []), RUN_PYTHON] } : request;
  }

  /** What has run to its end on the kernel, in order. */
  get ran(): readonly RanStatement[] {
    return this.#ran;
  }

  /** Knows the names that what has run has bound. */
  get analysis(): EffectAnalysis {
    return this.#analysis;
  }

  get canReplaceKernel(): boolean {
    return this.#options.hasFreshKernels;
  }

  first(): Turn {
    return this.#turn('first');
  }

  /** Decides at the moment of a failure; what the policy cannot know may overrule it. */
  decide(failure: ProgramFailure, log: AttemptLog): RepairDecision {
    const { repair, repairBy, hasFreshKernels } = this.#options;
    const policy = repair(failure);
    const chosen: RepairDecision =
      repairBy && repairBy !== policy.by ? { ...policy, by: repairBy, reason: 'asked for' } : policy;
    if (failure.isStateLost)
      return { ...chosen, by: 'restart', reason: 'the kernel is gone, and all variables with it' };
    if (chosen.by === 'resume') return chosen;
    const effects = [...this.#ran, ...log.ran].flatMap((statement) => statement.effects);
    if (failure.traces === undefined) return chosen;
    if (!hasFreshKernels) {
      return { ...chosen, by: 'resume', reason: 'there is no other kernel for a program from its start' };
    }
    return effects.length === 0
      ? chosen
      : { ...chosen, by: 'resume', reason: `a program from its start would repeat: ${namesOf(effects)}` };
  }

  /** Whether a program has to be compared with what ran before it is known where it runs. */
  needsComparison({ by }: Turn): boolean {
    return by !== 'first' && this.#ran.length > 0 && !(by === 'restart' && this.#mustBeFresh);
  }

  /** Where a program runs that begins like this; without a comparison, whatever it begins with. */
  place({ by }: Turn, comparison?: Comparison): Placement {
    const whole = { kept: 0, to: 0, lines: 0 };
    const isWhole = by === 'restart' || comparison?.isSame === true;
    if (!isWhole) return { type: 'same', ...whole, reason: 'it goes on where the last one stopped' };
    if (!this.#mustBeFresh) {
      if (this.#ran.length === 0)
        return { type: 'same', ...whole, reason: 'nothing has run that it could meet' };
      if (comparison?.isSame) {
        const { statements: kept, to, lines } = comparison;
        return { type: 'same', kept, to, lines, reason: 'it begins with the statements that have run' };
      }
    }
    const why = this.#mustBeFresh
      ? (this.#failure?.traces ?? 'the kernel is gone')
      : `it differs from what ran, from line ${comparison?.line ?? 1} on`;
    const effects = this.#ran.flatMap((statement) => statement.effects);
    if (effects.length > 0)
      return { type: 'refused', reason: `${why}, and would repeat: ${namesOf(effects)}` };
    if (!this.#options.hasFreshKernels)
      return { type: 'refused', reason: `${why}, and there is no other kernel` };
    return { type: 'fresh', ...whole, reason: why };
  }

  /** The program runs on a new kernel. */
  begin({ type }: Placement): void {
    if (type !== 'fresh') return;
    this.#ran = [];
    this.#analysis = new EffectAnalysis();
  }

  /** Takes note of a turn that is over: gives the next one, or why there is none; undefined when the program has run. */
  finish(turn: Turn, result: TurnResult): Turn | Defeat | undefined {
    const { log, answer, placement, decision } = result;
    const { failure } = log;
    const before = this.#ran;
    this.#ran = [...before, ...log.ran];
    this.#answer = answer.text;
    this.#reports.push(reportOf(turn, result, before));
    if (result.defeat) {
      this.#messages = [...this.#messages, ...answer.turns('The answer was broken off.')];
      return result.defeat;
    }
    if (placement?.type === 'refused') {
      this.#say(answer, divergedPrompt(placement.reason, this.#options.form));
      return this.#next('resume', `its program was not run: ${placement.reason}`);
    }
    if (!failure || !decision) {
      this.#say(answer, resultPrompt(log.ran.flatMap(({ outputs }) => outputs)));
      return log.code.trim() === '' && this.#failure ? noRepair(this.#failure) : undefined;
    }
    this.#sameErrors = this.#failure && isSame(this.#failure, failure) ? this.#sameErrors + 1 : 1;
    this.#failure = failure;
    const effects = [...this.#ran.flatMap((statement) => statement.effects), ...failure.effects];
    if (failure.isStateLost && effects.length > 0) return stateLost(effects);
    const facts = {
      failure,
      ran: log.ran,
      kept: this.#ran,
      partialOutputs: log.partialOutputs,
      wasStopped: !answer.isWhole,
      form: this.#options.form,
    };
    this.#say(answer, repairPrompt(decision.by, facts));
    if (this.#sameErrors >= SAME_ERROR_LIMIT) {
      const message = `The same error came back ${this.#sameErrors} times: ${describeFailure(failure)}. The model does not find what is wrong; tell it more, or ask another one.`;
      return { kind: 'same error', message };
    }
    return this.#next(decision.by, describeFailure(failure));
  }

  solution(): Solution {
    return {
      program: this.#ran.map(({ source }) => source).join(''),
      statements: this.#ran,
      outputs: this.#ran.flatMap(({ outputs }) => outputs),
      answer: this.#answer,
      messages: this.#messages,
      attempts: this.#reports,
    };
  }

  /** Whether the state on the kernel is no longer the one that the statements that ran have left. */
  get #mustBeFresh(): boolean {
    return this.#failure !== undefined && (this.#failure.isStateLost || this.#failure.traces !== undefined);
  }

  #say(answer: AnswerLog, reply: string): void {
    this.#messages = [...this.#messages, ...answer.turns(reply)];
  }

  #next(by: Way, problem: string): Turn | Defeat {
    const { attempts = 3, outputTokens } = this.#options.limits;
    if (this.#reports.length >= attempts) {
      const made = attempts === 1 ? 'There was one attempt' : `There were ${attempts} attempts`;
      return { kind: 'attempts', message: `${made}, and no more are allowed. The last problem: ${problem}` };
    }
    if (outputTokens !== undefined && this.#tokens >= outputTokens) {
      const message = `The answers have ${this.#tokens} tokens, and ${outputTokens} are allowed. The last problem: ${problem}`;
      return { kind: 'tokens', message };
    }
    return this.#turn(by);
  }

  #turn(by: Turn['by']): Turn {
    const { outputTokens } = this.#options.limits;
    const allowed = [this.#request.maxTokens, outputTokens && outputTokens - this.#tokens].filter(
      (each) => each !== undefined,
    );
    return {
      attempt: this.#reports.length + 1,
      by,
      request: {
        ...this.#request,
        messages: this.#messages,
        ...(allowed.length > 0 && { maxTokens: Math.min(...allowed) }),
      },
    };
  }

  get #tokens(): number {
    return this.#reports.reduce((sum, report) => sum + report.outputTokens, 0);
  }
}

function reportOf(
  { attempt, by }: Turn,
  { log, answer, placement, durationMs, defeat }: TurnResult,
  before: readonly RanStatement[],
): AttemptReport {
  const { summary, failure } = log;
  const isRefused = placement?.type === 'refused';
  const kept = by === 'first' || isRefused ? [] : before;
  const problem = failure
    ? describeFailure(failure)
    : (defeat?.message ?? (isRefused ? placement.reason : undefined));
  const { generationMs = 0, executionMs = 0, endToEndMs = 0 } = summary ?? {};
  return {
    attempt,
    by,
    outcome: defeat
      ? 'broken off'
      : isRefused
        ? 'not run'
        : failure
          ? 'error'
          : log.code.trim() === ''
            ? 'no code'
            : 'ok',
    problem,
    wasStopped: !answer.isWhole && !defeat,
    durationMs,
    inputTokens: answer.usage?.inputTokens,
    outputTokens: answer.outputTokens,
    statements: log.ran.length,
    executionMs,
    overlappedMs: Math.max(0, generationMs + executionMs - endToEndMs),
    kept: kept.length,
    keptMs: kept.reduce((sum, statement) => sum + statement.durationMs, 0),
    keptTokens:
      placement?.type === 'same' && placement.kept === 0
        ? tokensIn(kept.reduce((sum, { source }) => sum + source.length, 0))
        : 0,
  };
}

function isSame(one: ProgramFailure, other: ProgramFailure): boolean {
  return one.ename === other.ename && one.evalue === other.evalue;
}

function noRepair(failure: ProgramFailure): Defeat {
  const message = `To ${describeFailure(failure)} the model has answered without code. Its words may say why; ask in other ones.`;
  return { kind: 'no repair', message };
}

function stateLost(effects: readonly Effect[]): Defeat {
  const message =
    `The kernel is gone, and a program from its start would repeat what has happened: ${namesOf(effects)}. ` +
    'Mend the program by hand, and run it on a new kernel.';
  return { kind: 'state lost', message };
}

function namesOf(effects: readonly Effect[]): string {
  return [...new Set(effects.map(({ what }) => what))].join(', ');
}
