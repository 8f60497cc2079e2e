import { formatMs, type RunEvent } from '@eager/engine';
import { toRow, truncate } from './text.js';

/**
 * What a log tells of an event: a line for each statement that has finished, such as
 * `  1.234s  line 12  done in 0.8 ms   df = pd.read_csv("a.csv")`, and one for what the gate holds or denies. Undefined
 * for all else: the program's output and traceback speak for themselves.
 */
export function logLine(event: RunEvent): string | undefined {
  if (event.type === 'verdict') return verdictLine(event);
  if (event.type !== 'finished') return undefined;
  const { chunk, status, durationMs } = event;
  const code = chunk.code.trimEnd().split(/\r\n?|\n/);
  const isProgram = chunk.line === 1 && chunk.closedBy === 'end' && code.length > 1;
  const place = isProgram ? `lines 1–${code.length}` : `line ${chunk.line}`;
  const result = `${status === 'ok' ? 'done in' : 'failed after'} ${formatMs(durationMs)}`;
  const source = truncate(toRow(code[0] ?? ''), SOURCE_COLUMNS);
  return `${timeOf(event)}  ${place.padEnd(8)}  ${result.padEnd(15)}  ${isProgram ? 'the whole program' : source}`;
}

function verdictLine(event: Extract<RunEvent, { type: 'verdict' }>): string | undefined {
  const { chunk, verdict } = event;
  if (verdict.kind !== 'hold' && verdict.kind !== 'deny') return undefined;
  const result = verdict.kind === 'hold' ? 'held to the end' : 'denied';
  return `${timeOf(event)}  ${`line ${chunk.line}`.padEnd(8)}  ${result}  ${verdict.reason}`;
}

function timeOf({ atMs }: RunEvent): string {
  return `${(atMs / 1000).toFixed(3)}s`.padStart(8);
}

const SOURCE_COLUMNS = 72;
