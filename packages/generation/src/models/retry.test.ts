import { lastValueFrom, toArray } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { modelServer, type Reply } from '../../../../test/models/model-server.js';
import { recordedBody } from '../../../../test/models/replay.js';
import { scriptedModel } from '../../../../test/models/scripted-model.js';
import { failureOf, request, wholeAnswer } from './answers.fixture.js';
import { anthropic } from './anthropic.js';
import { openAI } from './openai.js';
import { retryAfterMs, retryDelayMs } from './retry.js';

describe('the wait before another attempt', () => {
  const nowMs = Date.parse('2026-01-01T00:00:00Z');
  test.each<[headers: Record<string, string>, waitMs: number | undefined]>([
    [{}, undefined],
    [{ 'retry-after': '2' }, 2000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after-ms': '150', 'retry-after': '2' }, 150],
    [{ 'retry-after': 'Thu, 01 Jan 2026 00:00:07 GMT' }, 7000],
    [{ 'retry-after': 'Wed, 31 Dec 2025 23:59:00 GMT' }, 0],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after': '-3', 'retry-after-ms': '' }, undefined],
  ])('after %j', (headers, waitMs) => {
    expect(retryAfterMs(new Headers(headers), nowMs)).toBe(waitMs);
  });

  test.each([
    [0, undefined, 0, 500],
    [1, undefined, 0, 1000],
    [4, undefined, 0, 8000],
    [9, undefined, 0, 8000],
    [0, undefined, 0.5, 437.5],
    [3, 20, 0.5, 20],
  ])('retries %d, asked for %j ms, random %d: %d ms', (retries, asked, random, waitMs) => {
    expect(retryDelayMs(retries, asked, () => random)).toBe(waitMs);
  });
});

describe('a request is sent again', () => {
  const busy = (status: number, headers: Record<string, string> = {}): Reply => ({
    status,
    headers: { 'content-type': 'application/json', 'retry-after-ms': '1', ...headers },
    steps: ['{"error": {"message": "busy"}}'],
  });
  const good: Reply = { steps: [recordedBody('chat-text')] };
  const ask = (url: string, maxRetries?: number) =>
    openAI({ model: 'm', baseUrl: `${url}/v1`, maxRetries }).stream(request);

  test.each([408, 409, 429, 500, 502, 503, 529])('after status %d, and says so', async (status) => {
    await using server = await modelServer(({ turn }) => (turn < 2 ? busy(status) : good));
    const events = await lastValueFrom(ask(server.url).pipe(toArray()));
    expect(events.slice(0, 3)).toMatchObject([
      { type: 'retry', waitMs: 1, error: { status } },
      { type: 'retry', waitMs: 1, error: { status } },
      { type: 'text', text: 'Here' },
    ]);
    expect(server.requests).toHaveLength(3);
    expect(server.requests[2]?.body).toEqual(server.requests[0]?.body);
  });

  test('after the connection broke before the first token', async () => {
    await using server = await modelServer(({ turn }) =>
      turn === 0 ? { steps: [': wait\n\n', 'cut'] } : good,
    );
    const events = await lastValueFrom(ask(server.url).pipe(toArray()));
    expect(events.map(({ type }) => type).slice(0, 2)).toEqual(['retry', 'text']);
  });

  test('after an error event before the first token', async () => {
    const overloaded =
      'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n';
    await using server = await modelServer(({ turn }) => ({
      steps: [turn === 0 ? overloaded : recordedBody('messages-text')],
    }));
    const answer = await wholeAnswer(anthropic({ model: 'm', baseUrl: server.url }).stream(request));
    expect(answer.finish?.reason).toBe('stop');
    expect(server.requests).toHaveLength(2);
  });

  test('not after the first token', async () => {
    await using server = await scriptedModel('=== answer\ncut-after: 2\n\nx = 1\n\n=== answer\n\ny = 2\n');
    expect(await failureOf(ask(server.url))).toMatchObject({ kind: 'cut', isRetryable: true });
    expect(server.requests).toHaveLength(1);
  });

  test.each([
    ['a status that does not pass', busy(400)],
    ['a wrong key', busy(401)],
    ['a server that says no', busy(500, { 'x-should-retry': 'false' })],
    ['a wait that is longer than a minute', busy(429, { 'retry-after-ms': '3600000' })],
  ])('not after %s', async (_title, reply) => {
    await using server = await modelServer(() => reply);
    await failureOf(ask(server.url));
    expect(server.requests).toHaveLength(1);
  });

  test('no more often than allowed, and the error says how often', async () => {
    await using server = await modelServer(() => busy(503));
    const error = await failureOf(ask(server.url, 2));
    expect(error).toMatchObject({ kind: 'server', message: expect.stringContaining('tried 3 times') });
    expect(server.requests).toHaveLength(3);
  });

  test('not after it was unsubscribed during the wait', async () => {
    await using server = await modelServer(() => busy(503, { 'retry-after-ms': '30' }));
    await new Promise<void>((resolve) => {
      const subscription = ask(server.url).subscribe((event) => {
        expect(event.type).toBe('retry');
        setTimeout(() => subscription.unsubscribe());
        setTimeout(resolve, 80);
      });
    });
    expect(server.requests).toHaveLength(1);
  });
});
