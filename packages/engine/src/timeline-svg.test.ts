import { SaxesParser } from 'saxes';
import { describe, expect, it } from 'vitest';
import { type SimulatedRun, type SimulatedStatement, simulateRun } from './simulated-run.fixture.js';
import { Timeline } from './timeline.js';
import { timelineSvg } from './timeline-svg.js';

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
  text: string;
}

/** Throws unless `xml` is well-formed. */
function parse(xml: string): Element {
  const top: Element = { name: '', attributes: {}, children: [], text: '' };
  const open = [top];
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    const element = { name, attributes, children: [], text: '' };
    open.at(-1)?.children.push(element);
    open.push(element);
  });
  parser.on('text', (text) => {
    const element = open.at(-1);
    if (element !== undefined) element.text += text;
  });
  parser.on('closetag', () => open.pop());
  parser.write(xml).close();
  const [root] = top.children;
  if (root === undefined) throw new Error('There is no root element.');
  return root;
}

const descendants = (element: Element): Element[] => [element, ...element.children.flatMap(descendants)];
const hasClass = (className: string) => (element: Element) =>
  (element.attributes.class ?? '').split(' ').includes(className);
const number = (element: Element | undefined, attribute: string) => Number(element?.attributes[attribute]);

/** What the tests look at in a picture; the legend's samples are left out. */
function read(svg: string) {
  const root = parse(svg);
  const panels = root.children.filter(({ name, attributes }) => name === 'g' && !('class' in attributes));
  const all = panels.flatMap(descendants);
  return {
    root,
    panels,
    all,
    byClass: (className: string) => all.filter(hasClass(className)),
    texts: (className: string) => all.filter(hasClass(className)).map(({ text }) => text),
    tooltips: all.filter(({ name }) => name === 'title').map(({ text }) => text),
    legend: root.children.filter(hasClass('legend')).flatMap(descendants).filter(hasClass('key')),
  };
}

const tick = (root: Element, seconds: string) =>
  number(
    descendants(root)
      .filter(hasClass('tick'))
      .find(({ text }) => text === seconds),
    'x',
  );

const fold = (run: SimulatedRun, upToMs = Number.POSITIVE_INFINITY) =>
  simulateRun(run)
    .filter(({ atMs }) => atMs <= upToMs)
    .reduce((t, event) => t.add(event), Timeline.empty);

function program(count: number, generationMs: number, durationMs: number, tokens = 10 * count): SimulatedRun {
  const tokenTimesMs = Array.from(
    { length: tokens },
    (_, i) => 500 + ((generationMs - 500) * (i + 1)) / tokens,
  );
  const statements = Array.from({ length: count }, (_, i): SimulatedStatement => {
    const arrivedAtMs = 500 + ((generationMs - 510) * (i + 1)) / count;
    return { code: `x${i} = ${i}\n`, arrivedAtMs, closedAtMs: arrivedAtMs + 10, durationMs };
  });
  return { statements, tokenTimesMs, overheadMs: 2 };
}

const run = program(20, 8000, 150);
const eager = { label: 'Eager', timeline: fold(run) };
const serial = { label: 'Serial', timeline: fold({ ...run, kernelFromMs: 8000 }) };

describe('timelineSvg of one run', () => {
  const { root, byClass, texts, tooltips, all } = read(timelineSvg([eager], 'A run'));
  const perMs = (tick(root, '8') - tick(root, '0')) / 8000;

  it('draws a bar for each statement where it ran, to scale', () => {
    const bars = byClass('bar');
    expect(bars.length).toBe(20);
    eager.timeline.statements.forEach(({ startedAtMs = Number.NaN }, index) => {
      expect(number(bars[index], 'x')).toBeCloseTo(tick(root, '0') + perMs * startedAtMs, 0);
      expect(number(bars[index], 'width')).toBeCloseTo(perMs * 150 - 1, 0);
    });
  });

  it('draws the pause before the first token', () => {
    const [pause] = byClass('pause');
    expect(number(pause, 'x')).toBe(tick(root, '0'));
    expect(number(pause, 'width')).toBeCloseTo(perMs * (eager.timeline.ttftMs ?? 0), 0);
  });

  it('draws and labels the end of generation and the lower bound', () => {
    expect(number(byClass('last-token')[0], 'x1')).toBeCloseTo(tick(root, '8'), 0);
    const { lowerMs } = eager.timeline.bounds;
    expect(number(byClass('lower-bound')[0], 'x1')).toBeCloseTo(tick(root, '0') + perMs * lowerMs, 0);
    expect(texts('last-token-label')).toEqual(['last token 8.00 s']);
    expect(texts('lower-bound-label')).toEqual(['lower bound 8.14 s']);
  });

  it('says the numbers', () => {
    expect(texts('caption')).toEqual([
      'end to end 8.15 s · non-overlapped 152 ms · lower bound 8.14 s · distance to it 12 ms (0.1 %) · generation-dominated',
    ]);
    expect(texts('lane-count')).toEqual(['200 tokens', '20 statements', '20 batches']);
    expect(tooltips).toContain('line 3: x2 = 2\nran 150 ms after waiting 2.0 ms in batch 3');
  });

  it('is accessible: an image with a title and a description', () => {
    expect(root.attributes.role).toBe('img');
    const [title, desc] = root.children;
    expect([title?.name, title?.text]).toEqual(['title', 'A run']);
    expect(desc?.name).toBe('desc');
    expect(desc?.text).toContain('Eager: end to end 8.15 s');
  });

  it('follows the colour scheme with a style sheet that stays inside the picture', () => {
    const style = descendants(root).find(({ name }) => name === 'style')?.text ?? '';
    expect(style).toContain('@media (prefers-color-scheme: dark)');
    const selectors = [...style.matchAll(/^([^@}].*?)\{/gm)].flatMap(([, list = '']) => list.split(','));
    expect(selectors.filter((selector) => !selector.trim().startsWith('.eager-timeline '))).toEqual([]);
  });

  it('has a rule for each class that it uses', () => {
    const style = descendants(root).find(({ name }) => name === 'style')?.text ?? '';
    const lanes = ['generation', 'detection', 'execution'];
    const used = new Set(all.flatMap(({ attributes }) => (attributes.class ?? '').split(' ')));
    const missing = [...used].filter(
      (name) => name !== '' && !lanes.includes(name) && !style.includes(`.${name}`),
    );
    expect(missing).toEqual([]);
  });

  it('has ticks at round seconds', () => {
    const ticks = descendants(root).filter(hasClass('tick'));
    expect(ticks.map(({ text }) => text)).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8']);
  });

  it('is the same for the same run', () => {
    expect(timelineSvg([{ label: 'Eager', timeline: fold(run) }], 'A run')).toBe(
      timelineSvg([eager], 'A run'),
    );
  });

  it('explains in its legend only what it draws', () => {
    const meanings = (svg: string) => read(svg).legend.map(({ text }) => text);
    expect(meanings(timelineSvg([eager]))).not.toContain('failed');
    expect(meanings(timelineSvg([{ label: '', timeline: Timeline.empty }]))).toEqual([]);
  });
});

describe('timelineSvg of two runs', () => {
  it('puts them on one axis and shows the time saved between their ends', () => {
    const { root, panels, byClass, texts } = read(timelineSvg([serial, eager]));
    expect(texts('heading')).toEqual(['Serial', 'Eager']);
    expect(descendants(root).filter(hasClass('axis-name')).length).toBe(1);
    expect(texts('saving-label')).toEqual(['2.85 s saved (26 %)']);

    const [arrow] = byClass('saved').flatMap(({ children }) =>
      children.filter(({ name }) => name === 'path'),
    );
    const [left, right] = [...(arrow?.attributes.d ?? '').matchAll(/M(\S+) /g)].map(([, at]) => Number(at));
    const ends = panels.map((panel) => descendants(panel).filter(hasClass('bar')).at(-1));
    const endOf = (bar: Element | undefined) => number(bar, 'x') + number(bar, 'width');
    expect(right).toBeCloseTo(endOf(ends[0]), -1);
    expect(left).toBeCloseTo(endOf(ends[1]), -1);
  });

  it('says so when the second was slower', () => {
    expect(read(timelineSvg([eager, serial])).texts('saving-label')).toEqual(['2.85 s slower (35 %)']);
  });

  it('draws a program that ran as one piece as one bar, and holds it against the bound that the other shows', () => {
    const timeline = fold({ ...run, asOnePiece: true });
    const { panels, texts, tooltips } = read(timelineSvg([{ label: 'Serial', timeline }, eager]));
    const [bar, ...others] = panels.slice(0, 1).flatMap(descendants).filter(hasClass('bar'));
    expect(bar).toBeDefined();
    expect(others).toEqual([]);
    expect(texts('bar-label')).toContain('L1–20');
    expect(tooltips).toContain('20 statements, lines 1–20\nran 3.00 s in all');
    expect(texts('lane-count').slice(0, 3)).toEqual(['200 tokens', '20 statements', '1 batch']);
    expect(texts('lower-bound-label')).toEqual(['lower bound 8.14 s', 'lower bound 8.14 s']);
  });
});

describe('timelineSvg of runs that went otherwise', () => {
  const raises = { ename: 'ValueError', evalue: 'a < b & "c"' };
  const statements = run.statements.map((statement, index) =>
    index === 4 ? { ...statement, raises } : statement,
  );

  it('marks the statement that raised by more than colour, and counts what never ran', () => {
    const { byClass, texts, tooltips, legend } = read(
      timelineSvg([{ label: 'Eager', timeline: fold({ ...run, statements }) }]),
    );
    expect(byClass('bar').length).toBe(5);
    expect(byClass('failed').length).toBe(1);
    expect(texts('cross')).toEqual(['✕']);
    expect(texts('heading')).toEqual(['Eager (error)']);
    expect(texts('caption')[0]).toMatch(/raised in line 5 · 15 never ran$/);
    expect(tooltips.some((tooltip) => tooltip.endsWith('\nValueError: a < b & "c"'))).toBe(true);
    expect(legend.map(({ text }) => text)).toContain('failed');
  });

  it('draws a statement that still runs up to now', () => {
    const { byClass, texts } = read(timelineSvg([{ label: 'Eager', timeline: fold(run, 1350) }]));
    expect(byClass('running').length).toBe(1);
    expect(texts('heading')).toEqual(['Eager (running)']);
    expect(texts('end-label')[0]).toMatch(/so far$/);
  });

  it('draws the end of the cell', () => {
    const { byClass } = read(timelineSvg([{ label: 'Eager', timeline: fold({ ...run, closingMs: 300 }) }]));
    expect(byClass('closing').length).toBe(1);
  });

  it.each([
    ['nothing', []],
    ['a run without events', [{ label: 'Eager', timeline: Timeline.empty }]],
    ['a run without statements', [{ label: 'Eager', timeline: fold({ ...run, statements: [] }) }]],
    [
      'a run without tokens',
      [{ label: 'Eager', timeline: fold({ statements: [], tokenTimesMs: [], overheadMs: 0 }) }],
    ],
    [
      'a run of one token at its very start',
      [{ label: 'Eager', timeline: fold({ statements: [], tokenTimesMs: [0], overheadMs: 0 }) }],
    ],
  ])('draws %s without a hole in its numbers', (_name, runs) => {
    const svg = timelineSvg(runs);
    parse(svg);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('stays well-formed whatever the program holds', () => {
    const hostile = '</text><script>&"\'\u0000\u0007\u001b[31m\ud800\ufffe]]>\t漢字🐍';
    const code = `${hostile}\n`;
    const evil = { ...run, statements: [{ code, arrivedAtMs: 900, closedAtMs: 910, durationMs: 6000 }] };
    const svg = timelineSvg([{ label: hostile, timeline: fold(evil) }], hostile);
    const { all, texts, tooltips } = read(svg);
    expect(all.map(({ name }) => name)).not.toContain('script');
    const readable = '</text><script>&"\'���[31m��]]>\t漢字🐍';
    expect(texts('heading')).toEqual([readable]);
    expect(texts('bar-label')).toEqual([readable]);
    expect(tooltips.some((tooltip) => tooltip.includes(readable))).toBe(true);
  });
});

describe('timelineSvg of many statements', () => {
  it.each([
    [100, 100],
    [5000, 360],
  ])('draws %d statements as at most %d bars in a small file', (count, most) => {
    const many = program(count, 60_000, 5, 20 * count);
    const svg = timelineSvg([{ label: 'Eager', timeline: fold(many) }]);
    const { byClass, tooltips } = read(svg);
    const bars = byClass('bar');
    expect(bars.length).toBeGreaterThan(0);
    expect(bars.length).toBeLessThanOrEqual(most);
    expect(svg.length).toBeLessThan(100_000);

    const merged = tooltips.flatMap((tooltip) => /^(\d[\d,]*) statements, /.exec(tooltip)?.[1] ?? []);
    const alone = tooltips.filter((tooltip) => /^line \d+: /.test(tooltip)).length;
    expect(merged.reduce((sum, statements) => sum + Number(statements), alone)).toBe(count);
  });

  it('shows by paleness how much of a merged bar was work', () => {
    // A statement of 5 ms every 12 ms.
    const { byClass } = read(timelineSvg([{ label: 'Eager', timeline: fold(program(5000, 60_000, 5)) }]));
    const opacities = byClass('bar').map((bar) => number(bar, 'fill-opacity'));
    const mean = opacities.reduce((sum, opacity) => sum + opacity, 0) / opacities.length;
    expect(mean).toBeGreaterThan(0.35);
    expect(mean).toBeLessThan(0.6);
  });

  it('never draws one bar over the next', () => {
    const { byClass } = read(timelineSvg([{ label: 'Eager', timeline: fold(program(2000, 60_000, 20)) }]));
    const bars = byClass('bar');
    bars.slice(1).forEach((bar, index) => {
      const previous = bars[index];
      const end = number(previous, 'x') + number(previous, 'width');
      // Coordinates have one decimal, and the thinnest bar is a little wider than its time.
      expect(number(bar, 'x')).toBeGreaterThan(end - 1.3);
    });
  });
});
