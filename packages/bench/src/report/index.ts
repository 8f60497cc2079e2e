import { described } from '../machine.js';
import type { Results } from '../results.js';
import { all, element, type Markup } from './markup.js';
import { microSection } from './micro.js';
import { environments, method, rounds } from './sections/tables.js';
import { profiles, rates, timeShares } from './sections/time.js';
import { keyFigures, targets } from './sections/verdict.js';
import { distances, predictions, waits } from './sections/waits.js';
import { STYLE } from './style.js';

/** The report about a series: one HTML file that needs nothing else, on light and on dark. */
export function reportHtml(results: Results): string {
  const { machine, versions, measuredAt, extent } = results;
  const runs = results.rounds.reduce((sum, round) => sum + round.runs.length, 0);
  const body: Markup = element(
    'main',
    {},
    element('h1', {}, 'Running Python while a model writes it'),
    element(
      'p',
      {},
      'Eager runs each statement of a program as soon as no later token can change it. This report compares it, round by round, ' +
        'with the usual way (wait for the whole program, then run it), with other ways to run ahead, and with the time that no ' +
        'executor can beat.',
    ),
    element(
      'p',
      { class: 'machine' },
      `${results.rounds.length} rounds, ${runs} runs (${extent}), measured on ${measuredAt}. ${described(machine, versions)}.`,
    ),
    keyFigures(results),
    targets(results),
    timeShares(results),
    rates(results),
    waits(results),
    distances(results),
    profiles(results),
    predictions(results),
    environments(results),
    microSection(results.micro),
    method(results),
    rounds(results),
  );
  const head = element(
    'head',
    {},
    element('meta', { charset: 'utf-8' }),
    element('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
    element('title', {}, 'Eager: benchmark'),
    element('style', {}, { html: STYLE }),
  );
  return `<!doctype html>\n${element('html', { lang: 'en' }, all(head, element('body', {}, body))).html}\n`;
}
