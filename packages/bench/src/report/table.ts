import { element, type Markup } from './markup.js';

type Cell = string | number | Markup;

/** After the first column, numbers and what begins like one stand at the right. */
export function table(headings: readonly string[], rows: readonly (readonly Cell[])[]): Markup {
  const isNumeric = (column: number) =>
    column > 0 && rows.every((row) => /^[\d−–<]/.test(String(row[column] ?? '')));
  const numeric = headings.map((_, column) => (rows.length > 0 && isNumeric(column) ? 'number' : undefined));
  const head = headings.map((heading, column) =>
    element('th', { class: numeric[column], scope: 'col' }, heading),
  );
  const body = rows.map((row) =>
    element('tr', {}, ...row.map((cell, column) => element('td', { class: numeric[column] }, cell))),
  );
  return element(
    'div',
    { class: 'scroll' },
    element('table', {}, element('thead', {}, element('tr', {}, ...head)), element('tbody', {}, ...body)),
  );
}
