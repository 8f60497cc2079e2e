import type { AnswerReader, Signal } from './answer.js';
import { argumentsText } from './chat-completions.js';
import { at, numberAt, stringAt } from './json-path.js';
import type { Message, ModelRequest, ToolCall } from './model.js';
import { eventError } from './stream-error.js';

/**
 * Reads events of OpenAI's responses API.
 *
 * @see https://platform.openai.com/docs/api-reference/responses-streaming
 */
export function responsesReader(): AnswerReader {
  /** By `output_index`. */
  const calls = new Map<number | undefined, { readonly call: ToolCall; sent: boolean }>();

  /** All arguments at once, unless they have come in pieces. */
  function wholeArguments(event: unknown, value: unknown): Signal[] {
    const entry = calls.get(numberAt(event, 'output_index'));
    if (entry === undefined || entry.sent) return [];
    entry.sent = true;
    return [{ type: 'tool-arguments', call: entry.call, text: argumentsText(value) }];
  }

  return (event) => {
    switch (stringAt(event, 'type')) {
      case 'response.output_text.delta':
        return [{ type: 'text', text: stringAt(event, 'delta') }];
      case 'response.refusal.delta':
        return [{ type: 'refusal', text: stringAt(event, 'delta') }];
      case 'response.output_item.added': {
        if (stringAt(event, 'item', 'type') !== 'function_call') return [];
        const call = {
          index: calls.size,
          id: stringAt(event, 'item', 'call_id'),
          name: stringAt(event, 'item', 'name'),
        };
        calls.set(numberAt(event, 'output_index'), { call, sent: false });
        return [{ type: 'tool-call', call }];
      }
      case 'response.function_call_arguments.delta': {
        const entry = calls.get(numberAt(event, 'output_index'));
        if (entry === undefined) return [];
        entry.sent = true;
        return [{ type: 'tool-arguments', call: entry.call, text: stringAt(event, 'delta') }];
      }
      case 'response.function_call_arguments.done':
        return wholeArguments(event, at(event, 'arguments'));
      case 'response.output_item.done':
        return wholeArguments(event, at(event, 'item', 'arguments'));
      case 'response.completed':
        return end(event, calls.size > 0 ? 'tool-calls' : 'stop');
      case 'response.incomplete':
        return end(event, incompleteReason(stringAt(event, 'response', 'incomplete_details', 'reason')));
      case 'response.failed':
        throw eventError(at(event, 'response', 'error'));
      case 'error':
        throw eventError(at(event, 'error') ?? event);
      default:
        if (at(event, 'error') != null) throw eventError(at(event, 'error')); // a gateway's own
        return [];
    }
  };
}

export function responsesBody(
  model: string,
  { messages, system, tools, maxTokens, temperature }: ModelRequest,
): object {
  return {
    model,
    instructions: system,
    input: messages.flatMap(inputItems),
    ...(tools && {
      tools: tools.map(({ name, description, parameters }) => ({
        type: 'function',
        name,
        description,
        parameters,
        strict: false, // the default would demand that every argument be required
      })),
    }),
    max_output_tokens: maxTokens,
    temperature,
    stream: true,
    store: false,
  };
}

function inputItems(message: Message): object[] {
  if (message.role === 'tool') {
    return [{ type: 'function_call_output', call_id: message.callId, output: message.content }];
  }
  const { role, content } = message;
  const calls = role === 'assistant' ? (message.toolCalls ?? []) : [];
  return [
    ...(content === '' && calls.length > 0 ? [] : [{ role, content }]),
    ...calls.map(({ id, name, arguments: value }) => ({
      type: 'function_call',
      call_id: id,
      name,
      arguments: JSON.stringify(value),
    })),
  ];
}

function end(event: unknown, reason: string): Signal[] {
  const inputTokens = numberAt(event, 'response', 'usage', 'input_tokens');
  const outputTokens = numberAt(event, 'response', 'usage', 'output_tokens');
  return [
    { type: 'finish', reason },
    ...(inputTokens === undefined || outputTokens === undefined
      ? []
      : [{ type: 'usage', usage: { inputTokens, outputTokens } } as const]),
    { type: 'done' },
  ];
}

function incompleteReason(reason: string): string {
  switch (reason) {
    case 'max_output_tokens':
      return 'length';
    case 'content_filter':
      return 'content-filter';
    default:
      return reason || 'incomplete';
  }
}
