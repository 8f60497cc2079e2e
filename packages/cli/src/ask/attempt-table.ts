import { type AttemptReport, formatMs, savingOf } from '@eager/engine';
import type { Theme } from '../terminal/index.js';

/** What each attempt came to and cost, and what they saved together, in a few lines. */
export function attemptLines(attempts: readonly AttemptReport[], theme: Theme): string[] {
  const { outputTokens, durationMs, stopped } = savingOf(attempts);
  const saved = [
    ...(outputTokens > 0 ? [`${outputTokens} tokens that were not written again`] : []),
    ...(durationMs > 0 ? [`${formatMs(durationMs)} of running`] : []),
    ...(stopped > 0 ? [`the rest of ${stopped === 1 ? 'an answer' : `${stopped} answers`}`] : []),
  ];
  return [
    ...attempts.map((report) => {
      const { attempt, by, problem, outcome, durationMs, outputTokens, kept } = report;
      const result = outcome === 'ok' ? theme.good('✓ ran to its end') : theme.bad(`✗ ${problem ?? outcome}`);
      const cost = `${formatMs(durationMs)}, ${outputTokens} tokens${kept > 0 ? `, ${kept} statements kept` : ''}`;
      return `  ${attempt}  ${by.padEnd(8)} ${theme.faint(cost)}  ${result}`;
    }),
    ...(attempts.length > 1 && saved.length > 0
      ? [`  Beside writing all, running it, and writing it again, this saved at least ${saved.join(', ')}.`]
      : []),
  ];
}
