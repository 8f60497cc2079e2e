import { CONTENDERS, type ContenderName } from '../../contenders/index.js';
import { MODEL_PROFILES, RATES } from '../../profiles.js';
import type { Results } from '../../results.js';
import { grouped } from '../../statistics.js';
import { WORKLOADS } from '../../workloads/index.js';
import { all, element, type Markup } from '../markup.js';

export function section(title: string, about: string, ...content: readonly Markup[]): Markup {
  return element('section', {}, element('h2', {}, title), paragraph(about), ...content);
}

export function paragraph(text: string, className?: string): Markup {
  return element('p', { class: className }, text);
}

export function figure(drawing: Markup, caption?: string): Markup {
  return element('figure', {}, drawing, caption === undefined ? all() : element('figcaption', {}, caption));
}

export function details(summary: string, content: Markup): Markup {
  return element('details', {}, element('summary', {}, summary), content);
}

export function legend(entries: readonly (readonly [className: string, label: string])[]): Markup {
  const marks = entries.map(([className, label]) =>
    element('span', { class: 'key' }, element('i', { class: className }), label),
  );
  return element('div', { class: 'legend' }, ...marks);
}

export function contenderLegend(contenders: readonly ContenderName[]): Markup {
  return legend(contenders.map((name) => [`c-${name}`, CONTENDERS[name].label]));
}

/** Those that have runs, in the order in which they are listed. */
export function contendersOf({ rounds }: Pick<Results, 'rounds'>): ContenderName[] {
  const names = new Set(rounds.flatMap(({ runs }) => runs.map(({ contender }) => contender)));
  return [...names].toSorted((a, b) => order(a) - order(b));
}

export function order(contender: ContenderName): number {
  return Object.keys(CONTENDERS).indexOf(contender);
}

/** What belongs to each workload, in the order in which workloads are listed. */
export function byWorkload<T extends { readonly workload: string }>(
  items: readonly T[],
): [workload: string, items: T[]][] {
  const names = Object.keys(WORKLOADS);
  const groups = [...grouped(items, ({ workload }) => workload)];
  return groups.toSorted(([a], [b]) => names.indexOf(a) - names.indexOf(b));
}

export function paceLabel(name: string): string {
  return [...RATES, ...MODEL_PROFILES].find((pace) => pace.name === name)?.label ?? name;
}

export const NOT_MEASURED = element('p', { class: 'muted' }, 'Not measured in this series.');
