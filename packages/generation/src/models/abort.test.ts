import { createOpenAI } from '@ai-sdk/openai';
import Anthropic from '@anthropic-ai/sdk';
import { streamText } from 'ai';
import OpenAI from 'openai';
import type { Observable } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { modelServer, type SeenRequest } from '../../../../test/models/model-server.js';
import { scriptedModel } from '../../../../test/models/scripted-model.js';
import { GenerationAbortedError } from '../from-stream.js';
import { failureOf, request } from './answers.fixture.js';
import { anthropic } from './anthropic.js';
import type { ModelEvent } from './model.js';
import { openAI } from './openai.js';
import { fromAISDK, fromAnthropic, fromOpenAI } from './sdk.js';

type Ask = (url: string, signal: AbortSignal) => Observable<ModelEvent>;

const model = 'm';
const apiKey = 'sk-test';
const messages = [{ role: 'user' as const, content: 'Count.' }];

const clients: readonly (readonly [name: string, ask: Ask])[] = [
  ['chat', (url, signal) => openAI({ model, baseUrl: `${url}/v1` }).stream(request, { signal })],
  [
    'responses',
    (url, signal) => openAI({ model, baseUrl: `${url}/v1`, api: 'responses' }).stream(request, { signal }),
  ],
  ['messages', (url, signal) => anthropic({ model, baseUrl: url }).stream(request, { signal })],
];
const sdks: typeof clients = [
  [
    'openai',
    (url, signal) => {
      const sdk = new OpenAI({ apiKey, baseURL: `${url}/v1` });
      const stream = sdk.chat.completions.create({ model, messages, stream: true }, { signal });
      return fromOpenAI(stream, { signal });
    },
  ],
  [
    '@anthropic-ai/sdk',
    (url, signal) => {
      const sdk = new Anthropic({ apiKey, baseURL: url });
      const stream = sdk.messages.create({ model, messages, max_tokens: 9, stream: true }, { signal });
      return fromAnthropic(stream, { signal });
    },
  ],
  [
    "@anthropic-ai/sdk's helper",
    (url, signal) => {
      const sdk = new Anthropic({ apiKey, baseURL: url });
      return fromAnthropic(sdk.messages.stream({ model, messages, max_tokens: 9 }, { signal }), { signal });
    },
  ],
  ['ai', (url, signal) => fromAISDK((abortSignal) => aiStream(url, abortSignal), { signal })],
];
const startedSdk: (typeof clients)[number] = [
  'ai, started before',
  (url, signal) => fromAISDK(aiStream(url, signal), { signal }),
];

function aiStream(url: string, abortSignal: AbortSignal) {
  const provider = createOpenAI({ apiKey, baseURL: `${url}/v1` });
  return streamText({ model: provider.chat(model), messages, abortSignal, onError: () => {} }).fullStream;
}

/** A long program, and one that stays unfinished without a word. */
const slow = `=== answer\nrate: 200\n\n${'print("line")\n'.repeat(200)}\n`;
const silent = '=== answer\nhang-after: 8\n\nprint(1)\nprint(2)\n';

describe.each([
  ['while it writes', slow],
  ['while it is silent', silent],
])('an answer that is stopped %s', (_title, script) => {
  test.each([...clients, ...sdks, startedSdk])(
    '%s: the signal closes the response and the answer fails',
    async (_name, ask) => {
      await using server = await scriptedModel(script);
      const controller = new AbortController();
      const answer$ = ask(server.url, controller.signal);
      const events: ModelEvent[] = [];
      const failed = new Promise<unknown>((resolve) => {
        answer$.subscribe({
          next: (event) => {
            events.push(event);
            if (event.type === 'text') controller.abort('enough');
          },
          error: resolve,
          complete: () => resolve('complete'),
        });
      });
      expect(await failed).toBeInstanceOf(GenerationAbortedError);
      expect(await failed).toMatchObject({ cause: 'enough' });
      expect(events.map(({ type }) => type)).toEqual(['text']);
      await expectClosed(server.requests[0]);
    },
  );

  test.each([...clients, ...sdks])('%s: unsubscribing closes the response', async (_name, ask) => {
    await using server = await scriptedModel(script);
    await new Promise<void>((resolve) => {
      const subscription = ask(server.url, new AbortController().signal).subscribe(() => {
        setTimeout(() => {
          subscription.unsubscribe();
          resolve();
        });
      });
    });
    await expectClosed(server.requests[0]);
  });
});

test.each(clients)('%s: a signal that is aborted already sends nothing', async (_name, ask) => {
  await using server = await scriptedModel(slow);
  expect(await failureOf(ask(server.url, AbortSignal.abort()))).toBeInstanceOf(GenerationAbortedError);
  expect(server.requests).toHaveLength(0);
});

test('a request is aborted while it waits for the response', async () => {
  const controller = new AbortController();
  await using server = await modelServer(() => {
    setTimeout(() => controller.abort(), 5);
    return { steps: [{ waitMs: 10_000 }] };
  });
  const answer$ = openAI({ model, baseUrl: `${server.url}/v1` }).stream(request, {
    signal: controller.signal,
  });
  expect(await failureOf(answer$)).toBeInstanceOf(GenerationAbortedError);
  expect(await server.requests[0]?.closedEarly).toBe(true);
});

/** The client closed the connection, and the server wrote no more. */
async function expectClosed(seen: SeenRequest | undefined): Promise<void> {
  expect(await seen?.closedEarly).toBe(true);
  const { bytesWritten } = seen ?? {};
  expect(bytesWritten).toBeLessThan(10_000); // of some 60,000
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(seen?.bytesWritten).toBe(bytesWritten);
}
