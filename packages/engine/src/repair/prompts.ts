import type { Effect } from '@eager/detection';
import type { Output } from '@eager/execution';
import { describeFailure, type ProgramFailure, type RanStatement } from './failure.js';
import type { Way } from './policy.js';

/** What a model has to know to repair its program. */
export interface RepairFacts {
  readonly failure: ProgramFailure;
  /** Statements of the model's last program that have run to their end. */
  readonly ran: readonly RanStatement[];
  /** What the failed statement had shown before. */
  readonly partialOutputs: readonly Output[];
  /** Whether the model was stopped before its answer ended. */
  readonly wasStopped: boolean;
  /** Statements of all programs, this one included, whose results are still there. */
  readonly kept: readonly RanStatement[];
  /** How the model is to answer: with a Python code block, or by a call of the tool. */
  readonly form: 'fences' | 'tool';
}

/** Asks a model to repair its program. */
export function repairPrompt(by: Way, facts: RepairFacts): string {
  return [whatHappened(facts), ...(by === 'resume' ? howToResume(facts) : howToRestart(facts))].join('\n\n');
}

/** Tells a model why its program was not run, and asks for what is still to be done. */
export function divergedPrompt(reason: string, form: RepairFacts['form']): string {
  return [
    `Your program was not run: ${reason}.`,
    'The variables, imports and functions of all statements that ran before are still there.',
    `Write only what is still to be done, ${asked(form)}. Do not repeat what ran.`,
  ].join('\n\n');
}

/** Tells a model what its program has shown. */
export function resultPrompt(outputs: readonly Output[]): string {
  const text = bounded(textOf(outputs));
  return text === ''
    ? 'Your program ran to its end and showed nothing.'
    : `Your program ran to its end. It showed:\n\n${text}`;
}

function whatHappened({ failure, ran, partialOutputs, wasStopped }: RepairFacts): string {
  const { chunk, isSyntaxError, isStateLost, traces, effects, traceback } = failure;
  const printed = bounded(textOf(ran.flatMap(({ outputs }) => outputs)));
  const partly = bounded(textOf(partialOutputs));
  const upTo = ran.length > 0 && chunk && chunk.line > 1 ? `lines 1 to ${chunk.line - 1}` : '';
  return [
    `Your program failed with ${describeFailure(failure)}${wasStopped ? ', and your answer was stopped there' : ''}.`,
    traceback && `\`\`\`text\n${bounded(traceback)}\n\`\`\``,
    ran.length === 0
      ? 'No statement before it ran.'
      : `${count(ran.length)} before it ran to the end${upTo && ` (${upTo})`}${printed && ` and showed:\n\n${printed}`}`,
    chunk &&
      `${isStateLost ? 'The kernel died in this statement, or in one after it' : 'The statement that failed'}:\n\n\`\`\`python\n${bounded(chunk.code.trimEnd())}\n\`\`\``,
    isSyntaxError && 'Nothing of it ran.',
    partly && `Before it failed, it showed:\n\n${partly}`,
    traces && !isStateLost && `Part of it may have taken effect: ${traces}.`,
    effects.length > 0 && `It may already have done this: ${list(effects)}.`,
  ]
    .filter((part) => typeof part === 'string' && part !== '')
    .join('\n\n');
}

function howToResume({ form }: RepairFacts): string[] {
  return [
    'The variables, imports and functions of the statements that ran are still there. Go on from the statement that ' +
      `failed: write it in its corrected form, and then all that is to follow, ${asked(form)}. Do not repeat what ran.`,
  ];
}

function howToRestart({ failure, kept, form }: RepairFacts): string[] {
  const isNew = failure.isStateLost || failure.traces !== undefined;
  return [
    `Write the whole program in its corrected form, from its first line on, ${asked(form)}.`,
    isNew || kept.length === 0
      ? 'It will run in a new Python process, where nothing is left of what ran.'
      : 'Statements that are the same as those that ran, in the same order, will not be run again: keep what was right ' +
        'exactly as it is, also where earlier answers have written it.',
  ];
}

function asked(form: RepairFacts['form']): string {
  return form === 'tool' ? 'by one call of the tool' : 'as one Python code block';
}

function list(effects: readonly Effect[]): string {
  return effects.map(({ what }) => what).join(', ');
}

function count(statements: number): string {
  return statements === 1 ? 'The statement' : `The ${statements} statements`;
}

/** Outputs as a model can read them: text as it is, and of all else its plain text. */
function textOf(outputs: readonly Output[]): string {
  return outputs
    .map((output) => {
      if (output.output_type === 'stream') return [output.text].flat().join('');
      if (output.output_type !== 'execute_result' && output.output_type !== 'display_data') return '';
      const text = output.data['text/plain'];
      return typeof text === 'string' || Array.isArray(text) ? `${[text].flat().join('')}\n` : '';
    })
    .join('')
    .trimEnd();
}

/** In characters, some 500 tokens: the ends of a text say most of it. */
const MOST = 2000;

function bounded(text: string): string {
  if (text.length <= MOST) return text;
  const half = MOST / 2;
  return `${text.slice(0, half)}\n… ${text.length - MOST} characters left out …\n${text.slice(-half)}`;
}
