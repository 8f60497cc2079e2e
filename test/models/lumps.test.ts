import { openAI, splitTokens, streamQuality, type Token } from '@eager/generation';
import { expect, test } from 'vitest';
import { sayFinish, sayStart, sayToken } from './dialects.js';
import { type ModelServer, modelServer } from './model-server.js';
import { scriptedModel } from './scripted-model.js';

const program = 'total = df.groupby("shop")["cups"].sum()\nprint(total)\n'.repeat(30);
const request = { messages: [{ role: 'user', content: 'Sum up.' }] } as const;

/** The pieces of an answer, text or arguments, as they arrived. */
async function arrivals({ url }: ModelServer): Promise<Token[]> {
  const tokens: Token[] = [];
  await openAI({ model: 'm', baseUrl: `${url}/v1` })
    .stream(request)
    .forEach((event) => {
      if (event.type === 'text' || event.type === 'tool-arguments') tokens.push(event);
    });
  return tokens;
}

test.each([undefined, 'run_python'])(
  'a gateway that passes an answer on in lumps is noticed (tool: %s)',
  async (tool) => {
    const said = tool === undefined ? program : JSON.stringify({ code: program });
    const lumps = [said.slice(0, 540), said.slice(540, 1080), said.slice(1080)].map((part) =>
      splitTokens(part)
        .map((token) => sayToken('chat', 'm', tool, token))
        .join(''),
    );
    await using server = await modelServer(() => ({
      steps: [
        sayStart('chat', 'm', tool),
        ...lumps.flatMap((lump) => [{ waitMs: 150 }, lump]),
        sayFinish('chat', 'm', tool, said, 'stop', 9),
      ],
    }));
    const quality = streamQuality(await arrivals(server));
    expect(quality).toMatchObject({ kind: 'lumpy', lumps: 3, lumpedShare: 1 });
    expect(quality.heldMs).toBeGreaterThan(400);
  },
);

test('an answer that comes as it is written is not', async () => {
  await using server = await scriptedModel(`=== answer\nrate: 200\nttft: 150\n\n${program.slice(0, 900)}`);
  expect(streamQuality(await arrivals(server)).kind).toBe('smooth');
});
