import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelServer } from '../models/model-server.js';
import { scriptedModel } from '../models/scripted-model.js';
import { asTold, examplesOf, pageAt, runExample } from './examples.js';

const page = pageAt('packages/engine/REPAIR.md');
const examples = examplesOf(page);

const script = `
=== answer

\`\`\`python
sales = {"cups": [3, 4]}
print(sum(sales["coups"]))
\`\`\`

=== answer

\`\`\`python
print(sum(sales["cups"]))
\`\`\`
`;

let server: ModelServer;
beforeAll(async () => {
  server = await scriptedModel(script);
});
afterAll(() => server[Symbol.asyncDispose]());

describe('the page about repairs', () => {
  it('shows what each of its examples prints', () => {
    expect(examples.length).toBe([...page.matchAll(/```ts\n/g)].length);
  });

  it.each(examples)('has a true example of "$title"', async (example) => {
    const code = example.code.replace('http://localhost:11434', server.url);
    expect(asTold(await runExample({ ...example, code }), example.output)).toEqual(example.output);
  });
});
