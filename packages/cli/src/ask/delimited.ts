import { columnsOf, counted, type Table } from './table.js';

/**
 * The table in the beginning of a delimited text.
 *
 * @param separator where it is not known, the one that divides the first line most often
 * @param isWhole whether the text is all of it, or may end within a row
 */
export function delimitedTable(text: string, separator = separatorOf(text), isWhole = true): Table {
  const [header = [], ...rows] = parseRows(text, separator, isWhole);
  const by = separator === ',' ? '' : ` separated by ${JSON.stringify(separator)}`;
  const seen = isWhole ? counted(rows.length, 'row') : `types by its first ${counted(rows.length, 'row')}`;
  const is = `is a table${by} with ${counted(header.length, 'column')} (${seen})`;
  return { is, columns: columnsOf(header, rows), rows, separator };
}

/** The character that most evenly divides the first line. */
function separatorOf(text: string): string {
  const [line = ''] = text.split(/\r?\n/, 1);
  const count = (separator: string) => line.split(separator).length;
  return [',', ';', '\t', '|'].reduce((best, each) => (count(each) > count(best) ? each : best));
}

/**
 * The rows of a table, as RFC 4180 has them. The last one is left out where it may be cut.
 *
 * @see https://www.rfc-editor.org/rfc/rfc4180
 */
function parseRows(text: string, separator: string, isWhole: boolean): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let field = '';
  let isQuoted = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (isQuoted) {
      if (character !== '"') field += character;
      else if (text[index + 1] === '"') field += text[++index];
      else isQuoted = false;
    } else if (character === '"' && field === '') isQuoted = true;
    else if (character === separator) {
      row.push(field);
      field = '';
    } else if (character === '\n') {
      rows.push([...row, field.replace(/\r$/, '')]);
      row = [];
      field = '';
    } else field += character;
  }
  if (isWhole && (field !== '' || row.length > 0)) rows.push([...row, field]);
  return rows;
}
