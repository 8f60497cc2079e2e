import { formatMs, formatShare, type Timeline } from '@eager/engine';
import type { Theme } from './theme.js';

/** What a run took, in a few lines that need no knowledge of this project. */
export function summaryLines(timeline: Timeline, theme: Theme): string[] {
  const { summary, ttftMs, bounds, endToEndMs } = timeline;
  const { generationMs = 0, executionMs = 0, nonOverlappedMs = 0 } = summary ?? {};
  const row = (name: string, durationMs: number, text: string) =>
    `  ${name.padEnd(13)}${formatMs(durationMs).padStart(8)}  ${theme.faint(text)}`;
  const tokens = `${count(timeline.tokenTimesMs.length, 'token')}, the first after ${formatMs(ttftMs ?? 0)}`;
  const bound = `no run in this order ends sooner; this one took ${excess(timeline)} more`;
  return [
    `${heading(timeline, theme)} ${theme.strong(formatMs(endToEndMs))}`,
    row('writing', generationMs, tokens),
    row('running', executionMs, work(timeline)),
    row('extra wait', nonOverlappedMs, 'from the last token to the last result'),
    // What a serial run could have taken at best is not known: its statements have no durations of their own.
    ...(isSerial(timeline)
      ? []
      : [
          row('predicted', timeline.predictedMs, prediction(timeline)),
          row('lower bound', bounds.lowerMs, bound),
        ]),
  ];
}

/** How the model's prediction fits, and what broke its assumptions where it does not. */
function prediction({ endToEndMs, predictedMs, deviation }: Timeline): string {
  const share = endToEndMs > 0 ? formatShare(Math.abs(endToEndMs - predictedMs) / endToEndMs) : '0 %';
  if (deviation === undefined) return `by the latency model, ${share} off`;
  const { span, excessMs, batchId } = deviation;
  return `by the latency model, ${share} off: ${CAUSES[span](batchId)} ${formatMs(excessMs)}`;
}

const CAUSES = {
  'kernel start': () => 'the first statement waited for the kernel',
  'hand-over': (batchId?: number) => `batch ${batchId} was sent late, by`,
  overhead: (batchId?: number) => `batch ${batchId} cost more than the others, by`,
  end: () => 'the end of the cell took',
};

function work(timeline: Timeline): string {
  const { statements, batches, summary } = timeline;
  if (isSerial(timeline)) return `${count(statements.length, 'statement')} in one request`;
  const done = statements.filter(({ status }) => status === 'done').length;
  const ran = done === statements.length ? `${done}` : `${done} of ${statements.length}`;
  const { generationMs = 0, executionMs = 0 } = summary ?? {};
  const hidden =
    executionMs > 0
      ? `, ${formatShare(ranBefore(generationMs, timeline) / executionMs)} of it during the writing`
      : '';
  return `${ran} ${statements.length === 1 ? 'statement' : 'statements'} in ${count(batches.length, 'batch', 'batches')}${hidden}`;
}

/** For how long statements ran before a moment, in milliseconds. */
function ranBefore(untilMs: number, { statements }: Timeline): number {
  return statements.reduce((sum, { startedAtMs, durationMs }) => {
    if (startedAtMs === undefined || durationMs === undefined) return sum;
    return sum + Math.min(durationMs, Math.max(0, untilMs - startedAtMs));
  }, 0);
}

/** Whether the kernel got the program as one piece, whose statements have no durations of their own. */
function isSerial({ statements }: Timeline): boolean {
  return statements.length > 1 && statements.every(({ durationMs }) => durationMs === undefined);
}

function heading({ summary, failure }: Timeline, theme: Theme): string {
  switch (summary?.status) {
    case 'ok':
      return `${theme.good('✓')} Finished in`;
    case 'error':
      return `${theme.bad('✗')} ${failure?.ename ?? 'An exception'} ended the program; the run took`;
    case 'interrupted':
      return `${theme.bad('✗')} Stopped after`;
    default:
      return `${theme.bad('✗')} Broken off after`;
  }
}

function excess({ distance: { excessMs, ratio } }: Timeline): string {
  const share = ratio === undefined ? '' : ` (${formatShare(ratio - 1)})`;
  return `${formatMs(Math.max(0, excessMs))}${share}`;
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
