import { type RunEvent, run$ } from '@eager/engine';
import { embeddedKernel } from '@eager/execution';
import { fromText } from '@eager/generation';
import { lastValueFrom, toArray } from 'rxjs';
import { afterAll, describe, expect, it } from 'vitest';
import { python } from '../python.js';
import { asTold, examplesOf, pageAt, runExample } from './examples.js';

const page = pageAt('packages/engine/EVENTS.md');
const examples = examplesOf(page);
const kernel = embeddedKernel({ python });
afterAll(() => kernel[Symbol.asyncDispose]());

/** The fields of each type of event, as the table of the page lists them, without those of every event. */
const listed = new Map(
  [...page.matchAll(/^\| `(\w+)` \|.*\| ([^|]+) \|$/gm)].map(([, type = '', fields = '']) => [
    type,
    [...fields.matchAll(/`(\w+)`/g)].map(([, field = '']) => field),
  ]),
);
const EVERY = ['type', 'atMs', 'seq'];

describe('the page about events', () => {
  it('shows what each of its examples prints', () => {
    expect(examples.length).toBe([...page.matchAll(/```ts\n/g)].length);
  });

  it.each(examples)('has a true recipe for $title', async (example) => {
    expect(asTold(await runExample(example), example.output)).toEqual(example.output);
  });

  it('lists every event and all of its fields', async () => {
    const events = await eventsOf('print(1)\nopen("/dev/null", "w").close()\n1 / 0\n');
    const found = new Map<string, Set<string>>();
    for (const event of events) {
      const fields = found.get(event.type) ?? new Set();
      for (const field of Object.keys(event)) if (!EVERY.includes(field)) fields.add(field);
      found.set(event.type, fields);
    }
    expect([...found.keys()].sort()).toEqual([...listed.keys()].sort());
    for (const [type, fields] of found) expect(listed.get(type)).toEqual(expect.arrayContaining([...fields]));
  });

  it('tells the order of a statement, and of the end', async () => {
    const events = await eventsOf('x = 1\nprint(x)\n1 / 0\nprint("never")\n');
    const ofSecond = events.filter((event) => 'chunk' in event && event.chunk?.id === 1);
    expect(ofSecond.map(({ type }) => type)).toEqual(['chunk', 'verdict', 'started', 'output', 'finished']);
    const failed = events.findIndex((event) => event.type === 'finished' && event.status === 'error');
    expect(events[failed + 1]?.type).toBe('error');
    expect(events.slice(failed + 2).map(({ type }) => type)).not.toContain('started');
    expect(events.slice(failed).filter(({ type }) => type === 'closed').length).toBe(1);
    expect(events.at(-1)?.type).toBe('end');
  });
});

function eventsOf(program: string): Promise<RunEvent[]> {
  const tokens$ = fromText(program, { tokensPerSecond: 200 });
  return lastValueFrom(run$(tokens$, kernel).pipe(toArray()));
}
