import { describe, expect, it } from 'vitest';
import { asTold, examplesOf, pageAt, runExample } from './examples.js';

const page = pageAt('packages/engine/EMBEDDING.md');
const examples = examplesOf(page);

describe('the page about embedding', () => {
  it('shows what each of its examples prints', () => {
    expect(examples.length).toBe([...page.matchAll(/```ts\n/g)].length);
  });

  it.each(examples)('has a true example of $title', async (example) => {
    expect(asTold(await runExample(example), example.output)).toEqual(example.output);
  });
});
