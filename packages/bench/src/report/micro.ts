import type { MicroTable } from '../micro/index.js';
import { all, element, type Markup } from './markup.js';
import { table } from './table.js';

/** What the parts cost, measured one by one. */
export function microSection(tables: readonly MicroTable[]): Markup {
  if (tables.length === 0) return all();
  const parts = tables.map(({ title, about, headings, rows }) =>
    all(element('h3', {}, title), element('p', { class: 'muted' }, about), table(headings, rows)),
  );
  return element('section', {}, element('h2', {}, 'The parts, one by one'), ...parts);
}
