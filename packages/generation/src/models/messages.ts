import type { AnswerReader, Signal } from './answer.js';
import { at, numberAt, stringAt } from './json-path.js';
import type { Message, ModelRequest, ToolCall, Usage } from './model.js';
import { eventError } from './stream-error.js';

/**
 * Reads events of Anthropic's messages API.
 *
 * @see https://docs.anthropic.com/en/docs/build-with-claude/streaming
 */
export function messagesReader(): AnswerReader {
  /**
   * By the index of the content block. `input` is what the block started with: all of it, where nothing is streamed.
   */
  const calls = new Map<
    number | undefined,
    { readonly call: ToolCall; readonly input: unknown; sent: boolean }
  >();

  function startBlock(event: unknown): Signal[] {
    const block = at(event, 'content_block');
    if (stringAt(block, 'type') === 'text') return [{ type: 'text', text: stringAt(block, 'text') }];
    if (stringAt(block, 'type') !== 'tool_use') return [];
    const call = { index: calls.size, id: stringAt(block, 'id'), name: stringAt(block, 'name') };
    calls.set(numberAt(event, 'index'), { call, input: at(block, 'input') ?? {}, sent: false });
    return [{ type: 'tool-call', call }];
  }

  function readDelta(event: unknown): Signal[] {
    const delta = at(event, 'delta');
    if (stringAt(delta, 'type') === 'text_delta') return [{ type: 'text', text: stringAt(delta, 'text') }];
    const entry = calls.get(numberAt(event, 'index'));
    const text = stringAt(delta, 'partial_json');
    if (entry === undefined || text === '') return [];
    entry.sent = true;
    return [{ type: 'tool-arguments', call: entry.call, text }];
  }

  function stopBlock(event: unknown): Signal[] {
    const entry = calls.get(numberAt(event, 'index'));
    if (entry === undefined || entry.sent) return [];
    entry.sent = true;
    return [{ type: 'tool-arguments', call: entry.call, text: JSON.stringify(entry.input) }];
  }

  return (event) => {
    switch (stringAt(event, 'type')) {
      case 'message_start':
        return [{ type: 'usage', usage: usageOf(at(event, 'message', 'usage')) }];
      case 'content_block_start':
        return startBlock(event);
      case 'content_block_delta':
        return readDelta(event);
      case 'content_block_stop':
        return stopBlock(event);
      case 'message_delta': {
        const reason = stringAt(event, 'delta', 'stop_reason');
        return [
          { type: 'usage', usage: usageOf(at(event, 'usage')) },
          ...(reason === '' ? [] : [{ type: 'finish', reason: ourReason(reason) } as const]),
        ];
      }
      case 'message_stop':
        return [{ type: 'done' }];
      case 'error':
        throw eventError(at(event, 'error'));
      default:
        // A gateway's own error. Else a `ping`, or what may be added: the API asks clients to expect unknown events.
        if (at(event, 'error') != null) throw eventError(at(event, 'error'));
        return [];
    }
  };
}

/**
 * @param eager asks for tool arguments as they are written; without it the API sends each argument when it is whole
 */
export function messagesBody(
  model: string,
  { messages, system, tools, maxTokens = DEFAULT_MAX_TOKENS, temperature }: ModelRequest,
  eager: boolean,
): object {
  return {
    model,
    system,
    messages: alternating(messages.map(turn)),
    ...(tools && {
      tools: tools.map(({ name, description, parameters }) => ({
        name,
        description,
        input_schema: parameters,
        ...(eager && { eager_input_streaming: true }),
      })),
    }),
    max_tokens: maxTokens,
    temperature,
    stream: true,
  };
}

/**
 * The API wants a limit. This one is beyond any program a person would read, and within what current models allow.
 */
const DEFAULT_MAX_TOKENS = 16_000;

interface Turn {
  readonly role: 'user' | 'assistant';
  readonly content: readonly object[];
}

function turn(message: Message): Turn {
  if (message.role === 'tool') {
    const { callId, content } = message;
    return { role: 'user', content: [{ type: 'tool_result', tool_use_id: callId, content }] };
  }
  const { role, content } = message;
  const calls = role === 'assistant' ? (message.toolCalls ?? []) : [];
  return {
    role,
    content: [
      // The API refuses empty texts.
      ...(content === '' ? [] : [{ type: 'text', text: content }]),
      ...calls.map(({ id, name, arguments: input }) => ({ type: 'tool_use', id, name, input })),
    ],
  };
}

/** All results of one turn's calls must stand in one message. */
function alternating(turns: readonly Turn[]): Turn[] {
  const joined: Turn[] = [];
  for (const turn of turns) {
    const last = joined.at(-1);
    if (last?.role === turn.role) {
      joined[joined.length - 1] = { role: turn.role, content: [...last.content, ...turn.content] };
    } else joined.push(turn);
  }
  return joined;
}

function usageOf(usage: unknown): Partial<Usage> {
  const input = numberAt(usage, 'input_tokens');
  const cached =
    (numberAt(usage, 'cache_read_input_tokens') ?? 0) + (numberAt(usage, 'cache_creation_input_tokens') ?? 0);
  const outputTokens = numberAt(usage, 'output_tokens');
  return {
    ...(input !== undefined && { inputTokens: input + cached }),
    ...(outputTokens !== undefined && { outputTokens }),
  };
}

function ourReason(reason: string): string {
  switch (reason) {
    case 'end_turn':
    case 'stop_sequence':
      return 'stop';
    case 'tool_use':
      return 'tool-calls';
    case 'max_tokens':
    case 'model_context_window_exceeded':
      return 'length';
    case 'refusal':
      return 'content-filter';
    default:
      return reason;
  }
}
