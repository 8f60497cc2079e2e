import { type AttemptReport, formatMs, savingOf } from '@eager/engine';
import type { Theme } from '../terminal/index.js';
import { counted } from './table.js';

/** What each attempt came to and cost, and what they saved together, in a few lines. */
export function attemptLines(attempts: readonly AttemptReport[], theme: Theme): string[] {
  const { outputTokens, durationMs, stopped } = savingOf(attempts);
  const saved = [
    ...(outputTokens > 0 ? [`${counted(outputTokens, 'token')} not written again`] : []),
    ...(durationMs > 0 ? [`${formatMs(durationMs)} of running`] : []),
    ...(stopped > 0 ? [`the rest of ${stopped === 1 ? 'an answer' : `${stopped} answers`}`] : []),
  ];
  return [
    ...attempts.map((report) => {
      const { attempt, by } = report;
      return `  ${attempt}  ${by.padEnd(8)} ${theme.faint(costOf(report))}  ${resultOf(report, theme)}`;
    }),
    ...(saved.length > 0
      ? [`  Beside writing all, running it, and writing it again, this saved at least ${saved.join(', ')}.`]
      : []),
  ];
}

function costOf({ durationMs, inputTokens, outputTokens, kept }: AttemptReport): string {
  return [
    formatMs(durationMs),
    `${inputTokens === undefined ? '' : `${inputTokens} tokens in, `}${counted(outputTokens, 'token')} out`,
    ...(kept > 0 ? [`${counted(kept, 'statement')} kept`] : []),
  ].join(', ');
}

function resultOf({ outcome, problem, statements }: AttemptReport, theme: Theme): string {
  switch (outcome) {
    case 'ok':
      return theme.good('✓ ran to its end');
    case 'no code':
      return theme.faint('– no code');
    case 'broken off': // Why is told below.
      return theme.bad(`✗ broken off, ${counted(statements, 'statement')} had run`);
    default:
      return theme.bad(`✗ ${problem ?? outcome}`);
  }
}
