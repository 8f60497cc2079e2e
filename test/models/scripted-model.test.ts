import { openAI } from '@eager/generation';
import { expect, test } from 'vitest';
import { parseScript, scriptedModel } from './scripted-model.js';

const script = `The answers of a conversation.

=== answer
when: KeyError: 'shop'
rate: 1000

Use \`store\`:

=== answer

first
=== answer
status: 503
retry-after-ms: 1

busy
=== answer

second
`;

async function say(url: string, content: string): Promise<string> {
  let said = '';
  await openAI({ model: 'm', baseUrl: `${url}/v1` })
    .stream({
      messages: [
        { role: 'user', content: 'Earlier.' },
        { role: 'user', content },
      ],
    })
    .forEach((event) => {
      if (event.type === 'text') said += event.text;
    });
  return said;
}

test('a script answers by content and otherwise in order, and keeps what it was asked', async () => {
  await using server = await scriptedModel(script);
  expect(await say(server.url, 'Go.')).toBe('first\n');
  expect(await say(server.url, "KeyError: 'shop'")).toBe('Use `store`:\n');
  expect(await say(server.url, 'Go on.')).toBe('second\n');
  expect(await say(server.url, "KeyError: 'shop', again")).toBe('Use `store`:\n');
  await expect(say(server.url, 'And then?')).rejects.toThrow(
    'The script has no answer for request 6: And then?',
  );
  expect(server.requests).toHaveLength(6); // the busy one among them
});

test('a line that is no setting is refused', () => {
  expect(() => parseScript('=== answer\nspeed: 3\n\nx\n')).toThrow('no setting: speed: 3');
});
