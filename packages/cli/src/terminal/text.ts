import cliTruncate from 'cli-truncate';
import stringWidth from 'string-width';

/** Columns that a text takes in a terminal; escape sequences take none. */
export function widthOf(text: string): number {
  return stringWidth(text);
}

/** The start of a line that fits `columns`, ending in `…` if something is missing. */
export function truncate(line: string, columns: number): string {
  // A code unit is at most two columns wide: most lines need no measuring.
  if (line.length * 2 <= columns) return line;
  if (columns < 1) return '';
  const cut = cliTruncate(line, columns);
  // A wide character that begins in the last free column is kept by cli-truncate, and sticks out.
  return widthOf(cut) > columns ? cliTruncate(line, columns - 1) : cut;
}

/**
 * A line of foreign text as it can stand in a row: tabs as spaces, and of the escape sequences only those that
 * colour, because the others would move the cursor away from what is drawn next.
 */
export function toRow(line: string): string {
  const row = expandTabs(line.replace(NOT_FOR_A_ROW, (sequence) => (isColour(sequence) ? sequence : '')));
  return row.includes('\x1b') ? `${row}\x1b[0m` : row;
}

const TAB_WIDTH = 8;

/** CSI sequences, OSC sequences, other escapes, and control characters but the tab. */
const NOT_FOR_A_ROW =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  /\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-Z\\^-~]?|[\x00-\x08\x0a-\x1f\x7f-\x9f]/g;

function isColour(sequence: string): boolean {
  return sequence.startsWith('\x1b[') && /^[\d;:]*m$/.test(sequence.slice(2));
}

function expandTabs(line: string): string {
  let row = '';
  for (const part of line.split(/(\t)/)) {
    row += part === '\t' ? ' '.repeat(TAB_WIDTH - (widthOf(row) % TAB_WIDTH)) : part;
  }
  return row;
}
