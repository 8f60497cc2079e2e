import readWorkbookFile from 'read-excel-file/node';
import { columnsOf, counted, ROWS_SHOWN, type Table } from './table.js';

/**
 * The table on the first sheet of an Excel workbook (.xlsx): its first row names the columns, as pandas reads it.
 *
 * @throws {Error} when the file is broken
 */
export async function readWorkbook(path: string): Promise<Table> {
  const sheets = await readWorkbookFile(path);
  const [first] = sheets;
  if (!first) throw new Error('it has no sheet');
  const [header = [], ...rows] = first.data.map((row) => row.map(textOf));
  const list = sheets.slice(0, SHEETS_NAMED).map(({ sheet }) => JSON.stringify(sheet));
  const names = list.join(', ') + (sheets.length > list.length ? ', …' : '');
  return {
    is:
      `is an Excel workbook with ${sheets.length === 1 ? 'the sheet' : 'the sheets'} ${names}. ` +
      `On ${list[0]} is a table with ${counted(header.length, 'column')} (${counted(rows.length, 'row')})`,
    columns: columnsOf(header, rows),
    rows: rows.slice(0, ROWS_SHOWN),
  };
}

const SHEETS_NAMED = 20;

function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (!(value instanceof Date)) return String(value);
  // Excel counts in days, and so a time is not exact.
  const seconds = Math.round(value.getTime() / 1000);
  return new Date(seconds * 1000).toISOString().replace(/T00:00:00\.000Z$|\.000Z$/, '');
}
