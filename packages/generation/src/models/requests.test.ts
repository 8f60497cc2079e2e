import { lastValueFrom } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { modelServer, type Reply } from '../../../../test/models/model-server.js';
import { recordedBody } from '../../../../test/models/replay.js';
import { scriptedModel } from '../../../../test/models/scripted-model.js';
import { request as simple, wholeAnswer } from './answers.fixture.js';
import { anthropic } from './anthropic.js';
import { modelFromEnvironment } from './environment.js';
import type { ModelRequest } from './model.js';
import { openAI } from './openai.js';

const [tool] = simple.tools;
/** A conversation with all there is: the model called a tool twice, and was told what came of it. */
const request: ModelRequest = {
  ...simple,
  messages: [
    { role: 'user', content: 'Show a table.' },
    {
      role: 'assistant',
      content: 'Here:',
      toolCalls: [
        { id: 'a', name: 'run_python', arguments: { code: 'x' } },
        { id: 'b', name: 'run_python', arguments: { code: 'y' } },
      ],
    },
    { role: 'tool', callId: 'a', content: 'NameError' },
    { role: 'tool', callId: 'b', content: 'not run' },
    { role: 'assistant', content: 'Sorry.' },
    { role: 'user', content: 'Again.' },
  ],
  maxTokens: 500,
  temperature: 0,
};

const script = '=== answer\n\nx = 1\n';

describe('what is sent', () => {
  test('to the chat API', async () => {
    await using server = await scriptedModel(script);
    await lastValueFrom(openAI({ model: 'm', apiKey: 'sk-1', baseUrl: `${server.url}/v1/` }).stream(request));
    const [seen] = server.requests;
    expect(seen?.path).toBe('/v1/chat/completions');
    expect(seen?.headers).toMatchObject({
      authorization: 'Bearer sk-1',
      'accept-encoding': 'identity',
      'content-type': 'application/json',
    });
    const call = (id: string, code: string) => ({
      id,
      type: 'function',
      function: { name: 'run_python', arguments: JSON.stringify({ code }) },
    });
    expect(seen?.body).toEqual({
      model: 'm',
      messages: [
        { role: 'system', content: 'Write Python.' },
        { role: 'user', content: 'Show a table.' },
        { role: 'assistant', content: 'Here:', tool_calls: [call('a', 'x'), call('b', 'y')] },
        { role: 'tool', tool_call_id: 'a', content: 'NameError' },
        { role: 'tool', tool_call_id: 'b', content: 'not run' },
        { role: 'assistant', content: 'Sorry.' },
        { role: 'user', content: 'Again.' },
      ],
      tools: [{ type: 'function', function: tool }],
      max_tokens: 500,
      temperature: 0,
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  test('to the responses API', async () => {
    await using server = await scriptedModel(script);
    await lastValueFrom(
      openAI({ model: 'm', baseUrl: `${server.url}/v1`, api: 'responses' }).stream(request),
    );
    const [seen] = server.requests;
    expect(seen?.path).toBe('/v1/responses');
    expect(seen?.headers.authorization).toBeUndefined();
    expect(seen?.body).toEqual({
      model: 'm',
      instructions: 'Write Python.',
      input: [
        { role: 'user', content: 'Show a table.' },
        { role: 'assistant', content: 'Here:' },
        { type: 'function_call', call_id: 'a', name: 'run_python', arguments: '{"code":"x"}' },
        { type: 'function_call', call_id: 'b', name: 'run_python', arguments: '{"code":"y"}' },
        { type: 'function_call_output', call_id: 'a', output: 'NameError' },
        { type: 'function_call_output', call_id: 'b', output: 'not run' },
        { role: 'assistant', content: 'Sorry.' },
        { role: 'user', content: 'Again.' },
      ],
      tools: [{ type: 'function', ...tool, strict: false }],
      max_output_tokens: 500,
      temperature: 0,
      stream: true,
      store: false,
    });
  });

  test('to the messages API, with arguments asked for as they are written', async () => {
    await using server = await scriptedModel(script);
    await lastValueFrom(anthropic({ model: 'm', apiKey: 'sk-2', baseUrl: server.url }).stream(request));
    const [seen] = server.requests;
    expect(seen?.path).toBe('/v1/messages');
    expect(seen?.headers).toMatchObject({ 'x-api-key': 'sk-2', 'anthropic-version': '2023-06-01' });
    const text = (text: string) => ({ type: 'text', text });
    const use = (id: string, code: string) => ({ type: 'tool_use', id, name: 'run_python', input: { code } });
    const result = (id: string, content: string) => ({ type: 'tool_result', tool_use_id: id, content });
    expect(seen?.body).toEqual({
      model: 'm',
      system: 'Write Python.',
      messages: [
        { role: 'user', content: [text('Show a table.')] },
        { role: 'assistant', content: [text('Here:'), use('a', 'x'), use('b', 'y')] },
        { role: 'user', content: [result('a', 'NameError'), result('b', 'not run')] },
        { role: 'assistant', content: [text('Sorry.')] },
        { role: 'user', content: [text('Again.')] },
      ],
      tools: [
        {
          name: 'run_python',
          description: 'Runs Python.',
          input_schema: tool.parameters,
          eager_input_streaming: true,
        },
      ],
      max_tokens: 500,
      temperature: 0,
      stream: true,
    });
  });

  const refused = (message: string): Reply => ({
    status: 400,
    headers: { 'content-type': 'application/json' },
    steps: [JSON.stringify({ error: { message } })],
  });

  test('again, without a field that the server does not know', async () => {
    await using server = await modelServer(({ turn }) =>
      turn === 0
        ? refused('stream_options: extra fields not permitted')
        : { steps: [recordedBody('chat-text')] },
    );
    const { finish } = await wholeAnswer(openAI({ model: 'm', baseUrl: `${server.url}/v1` }).stream(simple));
    expect(finish?.reason).toBe('stop');
    expect(server.requests.map(({ body }) => 'stream_options' in body)).toEqual([true, false]);
  });

  test('again, with the older header for arguments as they are written', async () => {
    await using server = await modelServer(({ turn }) =>
      turn === 0
        ? refused('tools.0.custom.eager_input_streaming: Extra inputs are not permitted')
        : { steps: [recordedBody('messages-tools')] },
    );
    const { toolCalls } = await wholeAnswer(anthropic({ model: 'm', baseUrl: server.url }).stream(simple));
    expect(toolCalls).toHaveLength(2);
    const [first, second] = server.requests;
    expect(first?.headers['anthropic-beta']).toBeUndefined();
    expect(second?.headers['anthropic-beta']).toBe('fine-grained-tool-streaming-2025-05-14');
    expect(JSON.stringify(second?.body)).not.toContain('eager_input_streaming');
  });
});

describe('modelFromEnvironment', () => {
  const openAIKey = { OPENAI_API_KEY: 'sk-1' };
  const anthropicKey = { ANTHROPIC_API_KEY: 'sk-2' };
  type Choice = Parameters<typeof modelFromEnvironment>[0];

  test.each<[title: string, choice: Choice, env: Record<string, string>, path: string]>([
    ['only OpenAI is set up', { model: 'x' }, openAIKey, '/v1/chat/completions'],
    ['the other API is chosen', { model: 'x', api: 'responses' }, openAIKey, '/v1/responses'],
    ['only Anthropic is set up', { model: 'x' }, anthropicKey, '/v1/messages'],
    [
      'both are, and the name tells',
      { model: 'claude-x' },
      { ...openAIKey, ...anthropicKey },
      '/v1/messages',
    ],
    [
      'both are, and the name is another',
      { model: 'gpt-x' },
      { ...openAIKey, ...anthropicKey },
      '/v1/chat/completions',
    ],
    ['a Claude is had from elsewhere', { model: 'claude-x' }, openAIKey, '/v1/chat/completions'],
    ['the variable names a model', {}, { ...openAIKey, OPENAI_MODEL: 'x' }, '/v1/chat/completions'],
    [
      'the provider is chosen',
      { model: 'x', provider: 'anthropic' },
      { ...openAIKey, ...anthropicKey },
      '/v1/messages',
    ],
  ])('knows whom to ask when %s', async (_title, choice, env, path) => {
    await using server = await scriptedModel(script);
    const urls = { OPENAI_BASE_URL: `${server.url}/v1`, ANTHROPIC_BASE_URL: server.url };
    const env$ = Object.fromEntries(
      Object.entries(urls).filter(([name]) => Object.keys(env).some((key) => key[0] === name[0])),
    );
    await lastValueFrom(modelFromEnvironment(choice, { ...env$, ...env }).stream(simple));
    const [seen] = server.requests;
    expect(seen?.path).toBe(path);
    expect(seen?.headers.authorization ?? seen?.headers['x-api-key']).toBe(
      path === '/v1/messages' ? 'sk-2' : 'Bearer sk-1',
    );
  });

  test('takes the base URL that is chosen', async () => {
    await using server = await scriptedModel(script);
    const env = { OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' };
    await lastValueFrom(
      modelFromEnvironment({ model: 'm', baseUrl: `${server.url}/v1` }, env).stream(simple),
    );
    expect(server.requests).toHaveLength(1);
  });

  test.each<[env: Record<string, string>, choice: Choice, kind: string, variable: string]>([
    [{}, {}, 'no-model', 'OPENAI_MODEL'],
    [anthropicKey, {}, 'no-model', 'ANTHROPIC_MODEL'],
    [{}, { model: 'gpt-x' }, 'no-key', 'OPENAI_API_KEY'],
    [{}, { model: 'claude-x' }, 'no-key', 'ANTHROPIC_API_KEY'],
    [{ OPENAI_API_KEY: '' }, { model: 'gpt-x' }, 'no-key', 'OPENAI_API_KEY'],
  ])('with %j and %j misses something: %s', (env, choice, kind, variable) => {
    const make = () => modelFromEnvironment(choice, env);
    expect(make).toThrow(expect.objectContaining({ kind }));
    expect(make).toThrow(variable);
  });
});
