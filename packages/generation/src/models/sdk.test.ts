import { createOpenAI } from '@ai-sdk/openai';
import Anthropic from '@anthropic-ai/sdk';
import { jsonSchema, streamText, tool } from 'ai';
import fc from 'fast-check';
import OpenAI from 'openai';
import { EMPTY, type Observable } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { modelServer } from '../../../../test/models/model-server.js';
import { recordedBody, replaying } from '../../../../test/models/replay.js';
import { request, type WholeAnswer, wholeAnswer } from './answers.fixture.js';
import { anthropic } from './anthropic.js';
import type { ModelEvent } from './model.js';
import { openAI } from './openai.js';
import { fromAISDK, fromAnthropic, fromOpenAI } from './sdk.js';

const TEXT =
  'Here\'s the program — été 🐍:\n\n```python\nimport pandas as pd\n\ndf = pd.DataFrame({"city": ["Zürich", "東京"]})\nprint(df)\n```\n\nIt prints a table.';
const PROGRAMS = ['import math\ns = "café 🐍"\nprint(len(s), math.pi)\n', 'print(2 + 2)\t# 東京'];

const model = 'test-model';
const apiKey = 'sk-test';
const { messages, system, tools } = request;
const [runPython] = tools;

type Ask = (url: string) => Observable<ModelEvent>;
const chatTools = [{ type: 'function' as const, function: runPython }];
const responseTools = [{ type: 'function' as const, ...runPython, strict: false }];
const messageTools = [
  { name: runPython.name, eager_input_streaming: true, input_schema: { type: 'object' as const } },
];

const clients: Readonly<Record<'chat' | 'responses' | 'messages', Readonly<Record<string, Ask>>>> = {
  chat: {
    'our client': (url) => openAI({ model, apiKey, baseUrl: `${url}/v1` }).stream(request),
    'the SDK': (url) => {
      const sdk = new OpenAI({ apiKey, baseURL: `${url}/v1` });
      return fromOpenAI(
        sdk.chat.completions.create({
          model,
          messages: [...messages],
          tools: chatTools,
          stream: true,
        }),
      );
    },
    'the AI SDK': (url) => aiSdk((provider) => provider.chat(model), url),
  },
  responses: {
    'our client': (url) => openAI({ model, apiKey, baseUrl: `${url}/v1`, api: 'responses' }).stream(request),
    'the SDK': (url) => {
      const sdk = new OpenAI({ apiKey, baseURL: `${url}/v1` });
      return fromOpenAI(
        sdk.responses.create({
          model,
          input: [...messages],
          tools: responseTools,
          stream: true,
        }),
      );
    },
    'the AI SDK': (url) => aiSdk((provider) => provider.responses(model), url),
  },
  messages: {
    'our client': (url) => anthropic({ model, apiKey, baseUrl: url }).stream(request),
    'the SDK': (url) => {
      const sdk = new Anthropic({ apiKey, baseURL: url });
      return fromAnthropic(
        sdk.messages.create({
          ...{ model, system, messages: [...messages], tools: messageTools, max_tokens: 1000, stream: true },
        }),
      );
    },
    "the SDK's helper": (url) => {
      const sdk = new Anthropic({ apiKey, baseURL: url });
      return fromAnthropic(
        sdk.messages.stream({ model, messages: [...messages], tools: messageTools, max_tokens: 1000 }),
      );
    },
  },
};

const bodies = [
  ['chat', 'chat-text', 'text'],
  ['chat', 'chat-tools', 'tools'],
  ['chat', 'chat-tools-whole', 'tools'],
  ['responses', 'responses-text', 'text'],
  ['responses', 'responses-tools', 'tools'],
  ['messages', 'messages-text', 'text'],
  ['messages', 'messages-tools', 'tools'],
] as const;

describe.each(bodies)('the %s API, %s', (api, file, content) => {
  // The AI SDK demands the index of a call, which some servers leave out.
  const names = Object.keys(clients[api]).filter(
    (name) => file !== 'chat-tools-whole' || name !== 'the AI SDK',
  );

  test.each(names)('%s yields the same, however the bytes are cut', async (client) => {
    const ask = clients[api][client];
    let body = '';
    let lengths: readonly number[] = [];
    await using server = await modelServer(() => replaying(body, lengths));
    const cuts = fc.array(fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 40, max: 400 })), {
      minLength: 8,
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(cuts, fc.constantFrom('\n', '\r\n'), async (cut, ending) => {
        body = recordedBody(file).replaceAll('\n', ending);
        lengths = cut;
        const answer = await wholeAnswer(ask?.(server.url) ?? EMPTY);
        expectContent(answer, content);
      }),
      { numRuns: 5, endOnFailure: true },
    );
  });
});

function expectContent({ text, toolCalls, finish }: WholeAnswer, content: 'text' | 'tools'): void {
  expect(text).toBe(content === 'text' ? TEXT : '');
  expect(toolCalls.map(({ name }) => name)).toEqual(content === 'text' ? [] : ['run_python', 'run_python']);
  expect(toolCalls.map((call) => JSON.parse(call.arguments).code)).toEqual(
    content === 'text' ? [] : PROGRAMS,
  );
  expect(toolCalls.map(({ index }) => index)).toEqual(content === 'text' ? [] : [0, 1]);
  expect(new Set(toolCalls.map(({ id }) => id)).size).toBe(toolCalls.length);
  expect(finish).toEqual({
    reason: content === 'text' ? 'stop' : 'tool-calls',
    usage: { inputTokens: 57, outputTokens: 31 },
  });
}

function aiSdk(
  choose: (provider: ReturnType<typeof createOpenAI>) => Parameters<typeof streamText>[0]['model'],
  url: string,
) {
  const { fullStream } = streamText({
    model: choose(createOpenAI({ apiKey, baseURL: `${url}/v1` })),
    messages: [...messages],
    tools: { run_python: tool({ inputSchema: jsonSchema({ type: 'object' }) }) },
  });
  return fromAISDK(fullStream);
}
