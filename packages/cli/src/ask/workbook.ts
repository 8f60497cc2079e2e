import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { columnsOf, counted, type Table } from './table.js';

/**
 * The table on the first sheet of an Excel workbook (.xlsx), as far as the beginning of the sheet tells: its first row names the
 * columns, as pandas reads it.
 *
 * @see https://ecma-international.org/publications-and-standards/standards/ecma-376/ part 1, section 18
 * @throws {Error} when the file is broken
 */
export async function workbookTable(file: string): Promise<Table> {
  const archive = await openPromise(file, { autoClose: false });
  try {
    const parts = await partsOf(archive);
    const read = async (name: string): Promise<Excerpt> => {
      const part = parts.get(name);
      return part ? beginningOf(archive, part) : { text: '', isWhole: true };
    };
    const book = (await read('xl/workbook.xml')).text;
    const sheets = elementsOf(book, 'sheet').map((element) => attribute(element, 'name'));
    const links = elementsOf((await read('xl/_rels/workbook.xml.rels')).text, 'Relationship');
    const firstId = attribute(elementsOf(book, 'sheet')[0] ?? '', 'r:id');
    const target = attribute(links.find((link) => attribute(link, 'Id') === firstId) ?? '', 'Target');
    const sheet = await read(target.startsWith('/') ? target.slice(1) : `xl/${target}`);
    if (sheets.length === 0 || sheet.text === '') throw new Error('it has no sheet');
    const strings = stringsOf((await read('xl/sharedStrings.xml')).text);
    const isDate = datesOf((await read('xl/styles.xml')).text);
    return tableOf(sheets, sheet.isWhole, rowsOf(sheet.text, strings, isDate));
  } finally {
    archive.close();
  }
}

interface Excerpt {
  readonly text: string;
  readonly isWhole: boolean;
}

function tableOf(sheets: readonly string[], isWhole: boolean, [header = [], ...rows]: string[][]): Table {
  const list = sheets.slice(0, 20).map((name) => JSON.stringify(name));
  const names = list.join(', ') + (sheets.length > list.length ? ', …' : '');
  const seen = `${isWhole ? '' : 'types by its first '}${counted(rows.length, 'row')}`;
  return {
    is:
      `is an Excel workbook with ${sheets.length === 1 ? 'the sheet' : 'the sheets'} ${names}. ` +
      `On ${list[0]} is a table with ${counted(header.length, 'column')} (${seen})`,
    columns: columnsOf(header, rows),
    rows,
  };
}

/** More no workbook has, and a broken directory may name any number. */
const MOST_PARTS = 10_000;

async function partsOf(archive: ZipFile): Promise<Map<string, Entry>> {
  const parts = new Map<string, Entry>();
  for await (const entry of archive.eachEntry()) {
    parts.set(entry.fileName, entry);
    if (parts.size > MOST_PARTS) throw new Error('it has too many parts');
  }
  return parts;
}

/** In characters: some thousand rows. */
const MOST_TEXT = 500_000;

/** What follows it is not even unpacked. */
async function beginningOf(archive: ZipFile, part: Entry): Promise<Excerpt> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const bytes of await archive.openReadStreamPromise(part)) {
    text += decoder.decode(bytes, { stream: true });
    if (text.length > MOST_TEXT) return { text, isWhole: false };
  }
  return { text, isWhole: true };
}

/** The complete rows, each with its cells as text. Cells that a row leaves out are empty. */
function rowsOf(sheet: string, strings: readonly string[], isDate: (style: number) => boolean): string[][] {
  const rows = piecesOf(sheet, '</row>').map((row) => {
    const cells: string[] = [];
    for (const cell of row.split(/<c(?=[\s>])/).slice(1)) {
      const column = columnOf(attribute(cell, 'r')) ?? cells.length;
      if (column >= MOST_COLUMNS) break;
      while (cells.length < column) cells.push('');
      cells[column] = cellText(cell, strings, isDate);
    }
    return cells;
  });
  return rows.filter((cells) => cells.some((value) => value !== ''));
}

/** Sheets may have 16,384, and a row that has only its last cell is short to write and long to keep. */
const MOST_COLUMNS = 1000;

/** By the letters of a reference such as `AB12`, from 0. */
function columnOf(reference: string): number | undefined {
  const letters = /^[A-Z]{1,3}(?=\d)/.exec(reference)?.[0];
  if (letters === undefined) return undefined;
  return [...letters].reduce((column, letter) => column * 26 + letter.charCodeAt(0) - 64, 0) - 1;
}

function cellText(cell: string, strings: readonly string[], isDate: (style: number) => boolean): string {
  const type = attribute(cell, 't');
  if (type === 'inlineStr') return textOf(cell);
  const value = unescaped(/<v(?:\s[^>]*)?>([^<]*)<\/v>/.exec(cell)?.[1] ?? '');
  if (type === 's') return strings[Number(value)] ?? '…';
  if (type === 'b') return value === '1' ? 'true' : 'false';
  if (type !== 'str' && type !== 'e' && value !== '' && isDate(Number(attribute(cell, 's')))) {
    return dateOf(Number(value));
  }
  return value;
}

/** Days count from the end of 1899, for all dates since March 1900. */
function dateOf(days: number): string {
  const date = new Date(Math.round((days - 25_569) * 86_400) * 1000);
  return Number.isNaN(date.getTime())
    ? String(days)
    : date.toISOString().replace(/T00:00:00\.000Z$|\.000Z$/, '');
}

function stringsOf(part: string): string[] {
  return piecesOf(part, '</si>').map(textOf);
}

/** Which styles of cells show a number as a date. */
function datesOf(styles: string): (style: number) => boolean {
  const own = elementsOf(styles, 'numFmt').map((format) => {
    // What is in quotes and brackets is text, and no code of a date.
    const code = attribute(format, 'formatCode').replace(/"[^"]*"|\[[^\]]*\]|\\./g, '');
    return [Number(attribute(format, 'numFmtId')), /[ymdhs]/i.test(code)] as const;
  });
  const isDateFormat = new Map([...own, ...[14, 15, 16, 17, 22].map((id) => [id, true] as const)]);
  const [, cellFormats = ''] = styles.split('<cellXfs');
  const formats = elementsOf(cellFormats.split('</cellXfs>')[0] ?? '', 'xf');
  return (style) => isDateFormat.get(Number(attribute(formats[style] ?? '', 'numFmtId'))) ?? false;
}

/** The parts of a text that end with a mark. */
function piecesOf(text: string, end: string): string[] {
  return text.split(end).slice(0, -1);
}

/** The attributes of all elements of a name, in order, as they are written. */
function elementsOf(xml: string, name: string): string[] {
  return xml
    .split(new RegExp(`<${name}(?=[\\s>/])`))
    .slice(1)
    .map((rest) => rest.slice(0, rest.indexOf('>') + 1));
}

function attribute(element: string, name: string): string {
  const tag = element.slice(0, element.indexOf('>') + 1);
  return unescaped(new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1] ?? '');
}

/** Rich text is in several pieces. */
function textOf(xml: string): string {
  return [...xml.matchAll(/<t(?:\s[^>]*)?>([^<]*)<\/t>/g)].map(([, text = '']) => unescaped(text)).join('');
}

const ENTITIES = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
]);

function unescaped(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w{2,4}));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return ENTITIES.get(name) ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    return code <= 0x10_ffff ? String.fromCodePoint(code) : whole;
  });
}
