import { formatMs, type RunEvent } from '@eager/engine';
import { toRow, truncate } from './text.js';

/**
 * What a log tells of an event: a line for each statement that has finished, such as
 * `  1.234s  line 12  done in 0.8 ms   df = pd.read_csv("a.csv")`. Undefined for all else: the program's output and
 * traceback speak for themselves.
 */
export function logLine(event: RunEvent): string | undefined {
  if (event.type !== 'finished') return undefined;
  const { chunk, status, durationMs } = event;
  const code = chunk.code.trimEnd().split(/\r\n?|\n/);
  const isProgram = chunk.line === 1 && chunk.closedBy === 'end' && code.length > 1;
  const place = isProgram ? `lines 1–${code.length}` : `line ${chunk.line}`;
  const result = `${status === 'ok' ? 'done in' : 'failed after'} ${formatMs(durationMs)}`;
  const time = `${(event.atMs / 1000).toFixed(3)}s`;
  const source = truncate(toRow(code[0] ?? ''), SOURCE_COLUMNS);
  return `${time.padStart(8)}  ${place.padEnd(8)}  ${result.padEnd(15)}  ${isProgram ? 'the whole program' : source}`;
}

const SOURCE_COLUMNS = 72;
