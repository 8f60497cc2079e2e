import { defer, finalize, from, type Observable, switchMap } from 'rxjs';
import { startClock } from '../clock.js';
import { failOnAbort, GenerationAbortedError, pieces, type StreamOptions } from '../from-stream.js';
import { type AnswerReader, type Signal, toAnswer } from './answer.js';
import { argumentsText, chatReader } from './chat-completions.js';
import { responseError } from './http-error.js';
import { at, numberAt, stringAt } from './json-path.js';
import { messagesReader } from './messages.js';
import type { ModelEvent, ToolCall } from './model.js';
import { cutError, excerpt, ModelError, rootMessage } from './model-error.js';
import { responsesReader } from './responses.js';

/**
 * The stream of `openai`: of `client.chat.completions.create({ stream: true, … })` or `client.responses.create({
 * stream: true, … })`, or the promise of it, so that its errors are seen too. Ask for `stream_options: {
 * include_usage: true }` to learn the usage of a chat.
 *
 * Unsubscribing stops the SDK's request. Give the `signal` that you gave the SDK: its streams end quietly on abort.
 * The SDK's errors become a {@link ModelError} with what had arrived.
 */
export function fromOpenAI(
  stream: Awaitable<AsyncIterable<{ readonly choices: readonly unknown[] } | { readonly type: string }>>,
  options?: StreamOptions,
): Observable<ModelEvent> {
  return fromSdk(() => stream, openAIReader, options);
}

/**
 * The stream of `@anthropic-ai/sdk`: of `client.messages.create({ stream: true, … })` or `client.messages.stream(…)`.
 * Set `eager_input_streaming: true` on the tools whose arguments are code, or they come in lumps. Otherwise as {@link
 * fromOpenAI}.
 */
export function fromAnthropic(
  stream: Awaitable<AsyncIterable<{ readonly type: string }>>,
  options?: StreamOptions,
): Observable<ModelEvent> {
  return fromSdk(() => stream, messagesReader, options);
}

/**
 * The `fullStream` of `streamText` in `ai`, as {@link fromOpenAI}, from a function that starts it with the signal that it is
 * given. That is called for each subscription, and the signal aborts when it ends, which closes the response.
 *
 * A stream that has been started already is taken, too, but then unsubscribing does not stop its request: it is one of
 * several copies that the SDK makes of a stream, which ends only with the last of them. Abort the signal that you gave
 * `streamText` as `abortSignal`, and name it in the options.
 *
 * @example fromAISDK((abortSignal) => streamText({ model, prompt, abortSignal }).fullStream)
 */
export function fromAISDK(
  fullStream: AISDKStream | ((abortSignal: AbortSignal) => AISDKStream),
  options?: StreamOptions,
): Observable<ModelEvent> {
  if (typeof fullStream !== 'function') return fromSdk(() => fullStream, aiSdkReader, options);
  return defer(() => {
    const controller = new AbortController();
    return fromSdk(() => fullStream(controller.signal), aiSdkReader, options).pipe(
      finalize(() => controller.abort()),
    );
  });
}

export type AISDKStream = AsyncIterable<{ readonly type: string }>;
export type Awaitable<T> = T | PromiseLike<T>;

/** @param open is called on subscription, unless the signal has been aborted by then */
function fromSdk(
  open: () => Awaitable<AsyncIterable<unknown>>,
  newReader: () => AnswerReader,
  { clock, signal }: StreamOptions = {},
): Observable<ModelEvent> {
  const events$ = defer(() =>
    from(Promise.resolve(open())).pipe(
      switchMap((opened) => pieces(opened)),
      toAnswer(newReader, clock ?? startClock(), sdkError),
    ),
  );
  return signal === undefined ? events$ : events$.pipe(failOnAbort(signal));
}

/** Events of the responses API have a type, chunks of the chat API have none. */
function openAIReader(): AnswerReader {
  const readChunk = chatReader();
  const readEvent = responsesReader();
  return (event) => (stringAt(event, 'type') === '' ? readChunk(event) : readEvent(event));
}

/** Reads the parts of an AI SDK stream, of its versions 5 and 6. */
function aiSdkReader(): AnswerReader {
  const calls = new Map<string, ToolCall>();

  function startCall(id: string, name: string): Signal & { type: 'tool-call' } {
    const call = { index: calls.size, id, name };
    calls.set(id, call);
    return { type: 'tool-call', call };
  }

  return (part) => {
    switch (stringAt(part, 'type')) {
      case 'text-delta':
        return [{ type: 'text', text: stringAt(part, 'text') }];
      case 'tool-input-start':
        return [startCall(stringAt(part, 'id'), stringAt(part, 'toolName'))];
      case 'tool-input-delta': {
        const call = calls.get(stringAt(part, 'id'));
        return call === undefined ? [] : [{ type: 'tool-arguments', call, text: stringAt(part, 'delta') }];
      }
      case 'tool-call': {
        const id = stringAt(part, 'toolCallId');
        if (calls.has(id)) return []; // its input has come in pieces
        const started = startCall(id, stringAt(part, 'toolName'));
        return [
          started,
          { type: 'tool-arguments', call: started.call, text: argumentsText(at(part, 'input')) },
        ];
      }
      case 'finish':
        return [{ type: 'finish', reason: finishReason(part) }, ...usage(part), { type: 'done' }];
      case 'error':
        throw sdkError(at(part, 'error'));
      case 'abort':
        throw new GenerationAbortedError(at(part, 'reason'));
      default:
        return [];
    }
  };
}

/**
 * @throws {ModelError} of kind `cut`: the SDK says `other`, or earlier `unknown`, where the service gave no reason at
 * all
 */
function finishReason(part: unknown): string {
  const reason = stringAt(part, 'finishReason');
  const raw = stringAt(part, 'rawFinishReason');
  if (reason !== 'other' && reason !== 'unknown') return reason;
  if (raw === '') throw cutError();
  return raw;
}

function usage(part: unknown): Signal[] {
  const inputTokens = numberAt(part, 'totalUsage', 'inputTokens');
  const outputTokens = numberAt(part, 'totalUsage', 'outputTokens');
  return inputTokens === undefined || outputTokens === undefined
    ? []
    : [{ type: 'usage', usage: { inputTokens, outputTokens } }];
}

/**
 * What an SDK throws: errors of HTTP have a status, and those without one come from the connection or from the
 * stream.
 */
function sdkError(error: unknown): unknown {
  if (error instanceof ModelError) return error;
  const status = numberAt(error, 'status') ?? numberAt(error, 'statusCode');
  const message = error instanceof Error ? rootMessage(error) : stringAt(error, 'message') || String(error);
  if (status === undefined) {
    return new ModelError(
      'cut',
      `The SDK's stream broke off: ${excerpt(message)}. What had arrived is no whole program.`,
      {
        cause: error,
      },
    );
  }
  return responseError(
    { status, headers: new Headers(), body: JSON.stringify({ error: { message } }) },
    {
      url: stringAt(error, 'url') || 'The service',
      model: 'the model',
      keyVariable: 'the SDK',
      hasKey: true,
    },
  );
}
