import type { AnswerReader, Signal } from './answer.js';
import { arrayAt, at, numberAt, stringAt } from './json-path.js';
import type { Message, ModelRequest, ToolCall } from './model.js';
import { eventError } from './stream-error.js';

/**
 * Reads chunks of the chat completions API.
 *
 * Looser than the specification where other servers are: a call without `index`, calls that share one, arguments as
 * an object.
 *
 * @see https://platform.openai.com/docs/api-reference/chat-streaming
 */
export function chatReader(): AnswerReader {
  const calls = new Map<number, ToolCall>();
  let callCount = 0;

  function readCall(delta: unknown, position: number): Signal[] {
    const index = numberAt(delta, 'index') ?? position;
    const id = stringAt(delta, 'id');
    const signals: Signal[] = [];
    let call = calls.get(index);
    if (call === undefined || (id !== '' && id !== call.id)) {
      call = { index: callCount++, id, name: stringAt(delta, 'function', 'name') };
      calls.set(index, call);
      signals.push({ type: 'tool-call', call });
    }
    signals.push({ type: 'tool-arguments', call, text: argumentsText(at(delta, 'function', 'arguments')) });
    return signals;
  }

  return (chunk) => {
    const error = at(chunk, 'error') ?? (stringAt(chunk, 'object') === 'error' ? chunk : undefined);
    if (error != null) throw eventError(error);
    const choice = arrayAt(chunk, 'choices').find((choice) => (numberAt(choice, 'index') ?? 0) === 0);
    const delta = at(choice, 'delta');
    const finishReason = stringAt(choice, 'finish_reason');
    const inputTokens = numberAt(chunk, 'usage', 'prompt_tokens');
    const outputTokens = numberAt(chunk, 'usage', 'completion_tokens');
    return [
      { type: 'text', text: stringAt(delta, 'content') },
      { type: 'refusal', text: stringAt(delta, 'refusal') },
      ...arrayAt(delta, 'tool_calls').flatMap(readCall),
      ...(finishReason === '' ? [] : [{ type: 'finish', reason: ourReason(finishReason) } as const]),
      ...(inputTokens === undefined || outputTokens === undefined
        ? []
        : [{ type: 'usage', usage: { inputTokens, outputTokens } } as const]),
    ];
  };
}

/**
 * @param limit the name of the limit of tokens: OpenAI's newer models take no `max_tokens`, most other servers only
 * that
 */
export function chatBody(
  model: string,
  { messages, system, tools, maxTokens, temperature }: ModelRequest,
  limit: 'max_completion_tokens' | 'max_tokens',
  withUsage: boolean,
): object {
  return {
    model,
    messages: [
      ...(system === undefined ? [] : [{ role: 'system', content: system }]),
      ...messages.map(chatMessage),
    ],
    ...(tools && {
      tools: tools.map(({ name, description, parameters }) => ({
        type: 'function',
        function: { name, description, parameters },
      })),
    }),
    [limit]: maxTokens,
    temperature,
    stream: true,
    ...(withUsage && { stream_options: { include_usage: true } }),
  };
}

function chatMessage(message: Message): object {
  if (message.role === 'tool') {
    return { role: 'tool', tool_call_id: message.callId, content: message.content };
  }
  const { role, content } = message;
  if (role === 'user' || !message.toolCalls?.length) return { role, content };
  return {
    role,
    content: content === '' ? null : content,
    tool_calls: message.toolCalls.map(({ id, name, arguments: value }) => ({
      id,
      type: 'function',
      function: { name, arguments: JSON.stringify(value) },
    })),
  };
}

/** JSON text as it is, and an object that came at once as JSON. */
export function argumentsText(value: unknown): string {
  if (value == null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Servers have several words for an answer that the model ended. A word that is not here is no good end. */
function ourReason(reason: string): string {
  switch (reason) {
    case 'stop':
    case 'stop_sequence':
    case 'end_turn':
    case 'eos':
    case 'eos_token':
      return 'stop';
    case 'tool_calls':
    case 'tool_use':
    case 'function_call':
      return 'tool-calls';
    case 'max_tokens':
      return 'length';
    case 'content_filter':
      return 'content-filter';
    default:
      return reason;
  }
}
