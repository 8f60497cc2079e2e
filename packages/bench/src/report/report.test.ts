import { describe, expect, test } from 'vitest';
import { results, round, run } from '../results.fixture.js';
import { reportHtml } from './index.js';
import { element } from './markup.js';

const FULL = results(
  round({}, { endToEndMs: 3000 }, { endToEndMs: 2010 }, run('paper-recipe'), run('request-per-batch')),
  round({ pace: '20' }, { endToEndMs: 9000 }, { endToEndMs: 8003 }),
  round(
    { pace: 'gpt-4o', workload: 'execution-heavy' },
    { endToEndMs: 9000 },
    { endToEndMs: 7000, deviation: 'overhead' },
  ),
  round({ environment: 'server' }, { endToEndMs: 3000 }, { endToEndMs: 2100 }, run('stock-client')),
  round(
    { program: 'a<b & "c"', key: 'a<b & "c"' },
    { endToEndMs: 3000, status: 'error' },
    { equality: 'different' },
  ),
);

describe.each([
  ['a full series', reportHtml(FULL)],
  ['a single round', reportHtml(results(round({}, {}, {})))],
])('the report of %s', (_, html) => {
  test('is well-formed', () => {
    expect(unclosed(html)).toEqual([]);
  });

  test('needs nothing from elsewhere', () => {
    expect(html).not.toMatch(/\s(?:src|href|srcset|xlink:href)=|url\(|@import|<script|<link|<iframe/i);
  });

  test('has no number that is none', () => {
    expect(html).not.toMatch(/NaN|Infinity|undefined|\[object/);
  });

  test('names the machine', () => {
    expect(html).toContain('a CPU, 2 cores, 8 GiB, a system; eager 0.1.0, Python 3.11.7');
  });

  test('has a title for each chart, for those who cannot see it', () => {
    const charts = [...html.matchAll(/<svg [^>]*>/g)];
    expect(charts.length).toBeGreaterThan(3);
    for (const [tag] of charts) expect(tag).toMatch(/aria-label="[^"]+"/);
  });
});

test('what stands in a program’s name is text', () => {
  expect(reportHtml(FULL)).toContain('a&lt;b &amp; "c"'.replaceAll('"', '&quot;'));
});

test.each([
  [element('p', {}, 'a < b & "c"'), '<p>a &lt; b &amp; &quot;c&quot;</p>'],
  [element('line', { x1: 1.23456, class: undefined, id: '"' }), '<line x1="1.23" id="&quot;"></line>'],
  [element('meta', { charset: 'utf-8' }), '<meta charset="utf-8">'],
  [element('b', {}, element('i', {}, 1)), '<b><i>1</i></b>'],
])('markup %#', ({ html }, expected) => {
  expect(html).toBe(expected);
});

/** The tags that are not closed where they should be. */
function unclosed(html: string): string[] {
  const open: string[] = [];
  for (const [, slash, name = ''] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)(?:\s[^<>]*)?>/g)) {
    if (slash === '') {
      if (name !== 'meta') open.push(name);
    } else if (open.at(-1) === name) open.pop();
    else return [...open, `/${name}`];
  }
  return open;
}
