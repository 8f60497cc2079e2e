import { createOpenAI } from '@ai-sdk/openai';
import Anthropic from '@anthropic-ai/sdk';
import { streamText } from 'ai';
import OpenAI from 'openai';
import { lastValueFrom, toArray } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { modelServer, type Reply, type Step } from '../../../../test/models/model-server.js';
import { recordedBody } from '../../../../test/models/replay.js';
import { scriptedModel } from '../../../../test/models/scripted-model.js';
import { failureOf, request } from './answers.fixture.js';
import { anthropic } from './anthropic.js';
import { ModelError, type ModelErrorKind } from './model-error.js';
import { openAI } from './openai.js';
import { fromAISDK, fromAnthropic, fromOpenAI } from './sdk.js';

const KEY = 'sk-secret-0123456789';
const html = { 'content-type': 'text/html' };
const json = { 'content-type': 'application/json' };
const page =
  '<!doctype html><html><head><title>Sign in to Example</title></head><body>Please sign in.</body></html>';

const errorBody = (message: string, rest: object = {}) => JSON.stringify({ error: { message, ...rest } });
const refusal = (status: number, body: string, headers = json): Reply => ({ status, headers, steps: [body] });
const stream = (...steps: Step[]): Reply => ({ steps });

/** Asks through each API at a server that answers every request alike, and never twice. */
const client = { model: 'm-1', apiKey: KEY, maxRetries: 0 };
const ask = {
  chat: (url: string, options: object = {}) =>
    openAI({ ...client, baseUrl: `${url}/v1`, ...options }).stream(request),
  responses: (url: string, options: object = {}) =>
    openAI({ ...client, baseUrl: `${url}/v1`, api: 'responses', ...options }).stream(request),
  messages: (url: string, options: object = {}) =>
    anthropic({ ...client, baseUrl: url, ...options }).stream(request),
};

type Failure = readonly [title: string, reply: Reply, kind: ModelErrorKind, message: string];

const failures: readonly Failure[] = [
  [
    'a wrong key',
    refusal(401, errorBody('Incorrect API key.')),
    'wrong-key',
    'Check the key in OPENAI_API_KEY',
  ],
  ['a key without rights', refusal(403, errorBody('Country not supported.')), 'wrong-key', 'status 403'],
  [
    'an unknown model',
    refusal(404, errorBody('The model `m-1` does not exist.', { code: 'model_not_found' })),
    'unknown-model',
    'knows no model "m-1"',
  ],
  [
    'a model of Ollama that is not there',
    refusal(404, errorBody('model "m-1" not found')),
    'unknown-model',
    'm-1',
  ],
  [
    'a path that is not there',
    refusal(404, 'Not Found', { 'content-type': 'text/plain' }),
    'wrong-address',
    'Check the base URL',
  ],
  [
    'a bad request',
    refusal(400, errorBody('temperature is too high')),
    'bad-request',
    'temperature is too high',
  ],
  [
    'a request that a framework refuses',
    refusal(422, '{"detail": "no messages"}'),
    'bad-request',
    'no messages',
  ],
  ['too many requests', refusal(429, errorBody('Slow down.')), 'rate-limit', 'Slow down.'],
  [
    'a used up quota',
    refusal(429, errorBody('No money.', { code: 'insufficient_quota' })),
    'rate-limit',
    'billing',
  ],
  ['a server that is overloaded', refusal(529, errorBody('Overloaded')), 'server', 'status 529'],
  ['a page of a proxy with a 502', refusal(502, '<h1>Bad   Gateway</h1>', html), 'server', '“Bad Gateway”'],
  ['a page of a proxy', refusal(200, page, html), 'wrong-address', '“Sign in to Example”'],
  [
    'JSON instead of a stream',
    refusal(200, '{"object": "chat.completion"}'),
    'wrong-address',
    'application/json',
  ],
  [
    'a redirect',
    { status: 308, headers: { location: 'https://other.example/v1' }, steps: [] },
    'wrong-address',
    'https://other.example/v1',
  ],
  ['a stream of garbage', stream('%PDF-1.7 garbage\nmore garbage\n'), 'malformed', '“%PDF-1.7 garbage”'],
  [
    'a stream of bytes that are no text',
    stream(Uint8Array.of(0x64, 0xff, 0xfe)),
    'malformed',
    'byte 1 is no UTF-8',
  ],
  ['an event that is no JSON', stream('data: {"choices": [\n\n'), 'malformed', 'no JSON'],
  ['an empty stream', stream(), 'cut', 'no whole program'],
  ['an error in the stream', stream(recordedBody('chat-error')), 'server', 'The server had an error'],
  [
    'an error in vLLM style',
    stream('data: {"object":"error","message":"too long","code":400}\n\n'),
    'server',
    'too long',
  ],
];

describe('the chat client fails well on', () => {
  test.each(failures)('%s', async (_title, reply, kind, message) => {
    await using server = await modelServer(() => reply);
    const error = await failureOf(ask.chat(server.url));
    expect(error).toBeInstanceOf(ModelError);
    expect(error).toMatchObject({ kind });
    expect((error as ModelError).message).toContain(message);
    expect(server.requests).toHaveLength(1);
  });
});

describe.each(['chat', 'responses', 'messages'] as const)('every API, %s:', (api) => {
  test.each([
    ['a limit of tokens', 'finish: length', 'length'],
    ['a content filter', 'finish: content-filter', 'content-filter'],
    ['a connection that breaks', 'cut-after: 8', 'cut'],
  ])('%s is an error with what had arrived', async (_title, setting, kind) => {
    const text = setting.startsWith('cut') ? 'x = 1\nprint' : 'x = 1\nprint(x)\n';
    await using server = await scriptedModel(`=== answer\n${setting}\n\nx = 1\nprint(x)\n\n`);
    const error = await failureOf(ask[api](server.url));
    expect(error).toMatchObject({ name: 'ModelError', kind, answer: { text, toolCalls: [] } });
  });

  test('arguments that were cut are in the error', async () => {
    await using server = await scriptedModel('=== answer\ntool: run_python\ncut-after: 10\n\nx = 1\n');
    const error = await failureOf(ask[api](server.url));
    expect(error).toMatchObject({
      kind: 'cut',
      answer: { text: '', toolCalls: [{ name: 'run_python', arguments: '{"code":"x' }] },
    });
  });

  test('an error in the stream has what had arrived', async () => {
    await using server = await modelServer(() => stream(recordedBody(`${api}-error`)));
    const error = await failureOf(ask[api](server.url));
    expect(error).toMatchObject({ kind: 'server', isRetryable: true, answer: { text: 'Here' } });
  });

  test('silence ends it after the idle timeout', async () => {
    await using server = await scriptedModel('=== answer\nhang-after: 3\n\nx = 1\n');
    // Longer than a busy machine takes for the first words.
    const error = await failureOf(ask[api](server.url, { idleTimeoutMs: 1500 }));
    expect(error).toMatchObject({ kind: 'silence', answer: { text: 'x =' } });
    expect(await server.requests[0]?.closedEarly).toBe(true);
  });
});

test('a finish reason that no one knows is no good end', async () => {
  const body = recordedBody('chat-text').replace('"finish_reason":"stop"', '"finish_reason":"abort"');
  await using server = await modelServer(() => stream(body));
  expect(await failureOf(ask.chat(server.url))).toMatchObject({
    kind: 'unfinished',
    message: expect.stringMatching(/“abort”/),
  });
});

test('a refusal carries its words', async () => {
  const body = recordedBody('chat-text').replace('"content":"Here"', '"refusal":"I cannot."');
  await using server = await modelServer(() => stream(body));
  expect(await failureOf(ask.chat(server.url))).toMatchObject({
    kind: 'content-filter',
    message: expect.stringMatching(/“I cannot\.”/),
  });
});

test('a connection that breaks after the reason to finish took nothing away', async () => {
  const body = recordedBody('chat-text');
  const end = body.indexOf('data: ', body.indexOf('"finish_reason":"stop"'));
  await using server = await modelServer(() => stream(body.slice(0, end), 'cut'));
  const events = await lastValueFrom(ask.chat(server.url).pipe(toArray()));
  expect(events.at(-1)).toMatchObject({ type: 'finish', reason: 'stop' });
});

test('nothing listens', async () => {
  const server = await modelServer(() => stream());
  await server[Symbol.asyncDispose]();
  const error = await failureOf(ask.chat(server.url));
  expect(error).toMatchObject({
    kind: 'unreachable',
    isRetryable: true,
    message: expect.stringMatching(/ECONNREFUSED/),
  });
});

describe('keys', () => {
  const shown = (error: unknown) => {
    const { message, stack = '', cause } = error as Error;
    return [message, stack, String(cause), JSON.stringify(error)].join('\n');
  };

  test.each([
    ['a server that quotes it', refusal(401, errorBody(`Incorrect API key provided: ${KEY}`))],
    ['a proxy that prints the request', refusal(200, `<pre>authorization: Bearer ${KEY}</pre>`, html)],
    ['an event with it', stream(`data: {"error": "bad key ${KEY}"}\n\n`)],
    ['garbage with it', stream(`data: ${KEY}\n\n`)],
    ['an excerpt that ends within it', stream(`data: ${'x'.repeat(190)}${KEY}\n\n`)],
    ['a page whose excerpt ends within it', refusal(200, `${'x'.repeat(190)}${KEY}`, html)],
    ['a redirect with it', { status: 302, headers: { location: `/login?key=${KEY}` }, steps: [] }],
  ])('are in no error: %s', async (_title, reply) => {
    await using server = await modelServer(() => reply);
    for (const error of [await failureOf(ask.chat(server.url)), await failureOf(ask.messages(server.url))]) {
      expect(shown(error)).not.toContain(KEY.slice(0, 8));
      expect(shown(error)).toContain('[key]');
    }
  });

  test('that no header can hold are refused without quoting them', async () => {
    const error = await failureOf(ask.chat('http://127.0.0.1:9', { apiKey: `${KEY}\nX` }));
    expect(error).toMatchObject({ kind: 'wrong-key' });
    expect(shown(error)).not.toContain(KEY);
  });

  test('that are missing are asked for', async () => {
    expect(() => openAI({ model: 'm' })).toThrow(
      expect.objectContaining({ kind: 'no-key', message: expect.stringMatching(/OPENAI_API_KEY/) }),
    );
    expect(() => anthropic({ model: 'm', apiKey: ' ' })).toThrow(/ANTHROPIC_API_KEY/);
    await using server = await modelServer(() => refusal(401, errorBody('Who are you?')));
    const error = await failureOf(ask.chat(server.url, { apiKey: undefined }));
    expect(error).toMatchObject({
      kind: 'no-key',
      message: expect.stringMatching(/No key was sent: set OPENAI_API_KEY/),
    });
    expect(server.requests[0]?.headers.authorization).toBeUndefined();
  });

  test('in a base URL are refused, and so is what is no base URL', () => {
    const make = (baseUrl: string) => () => openAI({ model: 'm', baseUrl });
    expect(make('http://user:secret@127.0.0.1/v1')).toThrow(/user name or password/);
    expect(make('http://user:secret@127.0.0.1/v1')).not.toThrow(/secret/);
    expect(make('localhost:11434/v1')).toThrow(/must begin with http/);
  });
});

test('an address in an error has no query', async () => {
  await using server = await modelServer(() => refusal(500, errorBody('Oh.')));
  const baseUrl = `${server.url}/v1?key=${KEY}`;
  const error = await failureOf(openAI({ model: 'm', baseUrl, maxRetries: 0 }).stream(request));
  expect(server.requests[0]?.path).toBe(`/v1/chat/completions?key=${KEY}`);
  expect(error).toMatchObject({
    message: expect.stringContaining(`${server.url}/v1/chat/completions failed`),
  });
});

describe('errors of the SDKs', () => {
  const sdks = {
    openai: (url: string) => {
      const sdk = new OpenAI({ apiKey: KEY, baseURL: `${url}/v1`, maxRetries: 0 });
      return fromOpenAI(sdk.chat.completions.create({ model: 'm-1', messages: [], stream: true }));
    },
    anthropic: (url: string) => {
      const sdk = new Anthropic({ apiKey: KEY, baseURL: url, maxRetries: 0 });
      return fromAnthropic(sdk.messages.stream({ model: 'm-1', messages: [], max_tokens: 9 }));
    },
    ai: (url: string) => {
      const provider = createOpenAI({ apiKey: KEY, baseURL: `${url}/v1` });
      const { fullStream } = streamText({ model: provider.chat('m-1'), prompt: 'Hi', onError: () => {} });
      return fromAISDK(fullStream);
    },
  };

  test.each([
    ['openai', 'chat-error'],
    ['anthropic', 'messages-error'],
    ['ai', 'chat-error'],
  ] as const)('%s: an error in the stream has what had arrived', async (name, file) => {
    await using server = await modelServer(() => stream(recordedBody(file)));
    expect(await failureOf(sdks[name](server.url))).toMatchObject({
      name: 'ModelError',
      answer: { text: 'Here' },
    });
  });

  test.each(['openai', 'anthropic', 'ai'] as const)(
    '%s: a status means the same as to our clients',
    async (name) => {
      await using server = await modelServer(() => refusal(401, errorBody('Incorrect API key.')));
      const error = await failureOf(sdks[name](server.url));
      expect(error).toMatchObject({
        kind: 'wrong-key',
        status: 401,
        message: expect.stringContaining('Incorrect API key.'),
      });
    },
  );

  test.each([
    ['openai', 'chat-text', '"stop"', '"length"'],
    ['anthropic', 'messages-text', '"end_turn"', '"max_tokens"'],
    ['ai', 'chat-text', '"stop"', '"length"'],
  ] as const)('%s: a limit of tokens is an error with what had arrived', async (name, file, good, bad) => {
    await using server = await modelServer(() => stream(recordedBody(file).replace(good, bad)));
    const error = await failureOf(sdks[name](server.url));
    expect(error).toMatchObject({
      kind: 'length',
      answer: { text: expect.stringContaining('import pandas') },
    });
  });

  test.each([
    ['openai', 'chat-cut'],
    ['anthropic', 'messages-text'],
    ['ai', 'chat-cut'],
  ] as const)('%s: a stream without an end is cut', async (name, file) => {
    const body = recordedBody(file);
    await using server = await modelServer(() =>
      stream(body.slice(0, body.lastIndexOf('\n\n', body.length / 2) + 2)),
    );
    expect(await failureOf(sdks[name](server.url))).toMatchObject({ kind: 'cut' });
  });
});
