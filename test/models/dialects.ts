/** How a service says things on the wire. */
export type Dialect = 'chat' | 'responses' | 'messages';

/** The API that a path belongs to. */
export function dialectOf(path: string): Dialect {
  if (path.endsWith('/chat/completions')) return 'chat';
  if (path.endsWith('/responses')) return 'responses';
  if (path.endsWith('/messages')) return 'messages';
  throw new Error(`No API is served at ${path}.`);
}

/** What comes before the first token. With `tool`, the answer is one call of it. */
export function sayStart(dialect: Dialect, model: string, tool: string | undefined): string {
  switch (dialect) {
    case 'chat': {
      const call = { index: 0, id: CALL_ID, type: 'function', function: { name: tool, arguments: '' } };
      return chatChunk(model, {
        role: 'assistant',
        content: tool === undefined ? '' : null,
        ...(tool && { tool_calls: [call] }),
      });
    }
    case 'responses': {
      const item =
        tool === undefined
          ? { type: 'message', id: 'msg_1', status: 'in_progress', role: 'assistant', content: [] }
          : {
              type: 'function_call',
              id: 'fc_1',
              call_id: CALL_ID,
              name: tool,
              arguments: '',
              status: 'in_progress',
            };
      const part = { type: 'output_text', text: '', annotations: [], logprobs: [] };
      return (
        event({ type: 'response.created', sequence_number: 0, response: response(model, 'in_progress') }) +
        event({ type: 'response.output_item.added', sequence_number: 1, output_index: 0, item }) +
        (tool === undefined
          ? event({
              type: 'response.content_part.added',
              ...RESPONSE_PLACE,
              content_index: 0,
              item_id: 'msg_1',
              part,
            })
          : '')
      );
    }
    case 'messages': {
      const block =
        tool === undefined
          ? { type: 'text', text: '' }
          : { type: 'tool_use', id: CALL_ID, name: tool, input: {} };
      const usage = { input_tokens: INPUT_TOKENS, output_tokens: 1 };
      const message = {
        ...{ id: 'msg_1', type: 'message', role: 'assistant', model, content: [] },
        ...{ stop_reason: null, stop_sequence: null, usage },
      };
      return (
        event({ type: 'message_start', message }) +
        event({ type: 'content_block_start', index: 0, content_block: block })
      );
    }
  }
}

export function sayToken(dialect: Dialect, model: string, tool: string | undefined, text: string): string {
  switch (dialect) {
    case 'chat':
      return chatChunk(
        model,
        tool === undefined
          ? { content: text }
          : { tool_calls: [{ index: 0, function: { arguments: text } }] },
      );
    case 'responses':
      return event(
        tool === undefined
          ? {
              type: 'response.output_text.delta',
              ...RESPONSE_PLACE,
              content_index: 0,
              item_id: 'msg_1',
              delta: text,
              logprobs: [],
            }
          : {
              type: 'response.function_call_arguments.delta',
              ...RESPONSE_PLACE,
              item_id: 'fc_1',
              delta: text,
            },
      );
    case 'messages': {
      const delta =
        tool === undefined ? { type: 'text_delta', text } : { type: 'input_json_delta', partial_json: text };
      return event({ type: 'content_block_delta', index: 0, delta });
    }
  }
}

/** @param reason `stop`, `length` or `content-filter` */
export function sayFinish(
  dialect: Dialect,
  model: string,
  tool: string | undefined,
  said: string,
  reason: string,
  outputTokens: number,
): string {
  const ended = reason === 'stop';
  switch (dialect) {
    case 'chat': {
      const word = ended && tool !== undefined ? 'tool_calls' : reason.replace('-', '_');
      const usage = {
        prompt_tokens: INPUT_TOKENS,
        completion_tokens: outputTokens,
        total_tokens: INPUT_TOKENS + outputTokens,
      };
      return (
        chatChunk(model, {}, word) +
        event({ ...chatHead(model), choices: [], usage }, false) +
        'data: [DONE]\n\n'
      );
    }
    case 'responses': {
      const usage = {
        input_tokens: INPUT_TOKENS,
        output_tokens: outputTokens,
        total_tokens: INPUT_TOKENS + outputTokens,
      };
      const done =
        tool === undefined
          ? {
              type: 'response.output_text.done',
              ...RESPONSE_PLACE,
              content_index: 0,
              item_id: 'msg_1',
              text: said,
              logprobs: [],
            }
          : {
              type: 'response.function_call_arguments.done',
              ...RESPONSE_PLACE,
              item_id: 'fc_1',
              arguments: said,
            };
      const details = { reason: reason === 'length' ? 'max_output_tokens' : 'content_filter' };
      return (
        event(done) +
        event({
          type: ended ? 'response.completed' : 'response.incomplete',
          sequence_number: 9,
          response: {
            ...response(model, ended ? 'completed' : 'incomplete'),
            incomplete_details: ended ? null : details,
            usage,
          },
        })
      );
    }
    case 'messages': {
      const words: Record<string, string> = { length: 'max_tokens', 'content-filter': 'refusal' };
      const stop = words[reason] ?? (tool === undefined ? 'end_turn' : 'tool_use');
      const delta = { stop_reason: stop, stop_sequence: null };
      return (
        event({ type: 'content_block_stop', index: 0 }) +
        event({ type: 'message_delta', delta, usage: { output_tokens: outputTokens } }) +
        event({ type: 'message_stop' })
      );
    }
  }
}

const CALL_ID = 'call_1';
const INPUT_TOKENS = 40;
const RESPONSE_PLACE = { sequence_number: 2, output_index: 0 };

function chatHead(model: string) {
  return { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_700_000_000, model };
}

function chatChunk(model: string, delta: object, finishReason: string | null = null): string {
  return event({ ...chatHead(model), choices: [{ index: 0, delta, finish_reason: finishReason }] }, false);
}

function response(model: string, status: string) {
  return {
    id: 'resp_1',
    object: 'response',
    created_at: 1_700_000_000,
    model,
    status,
    output: [],
    error: null,
  };
}

function event(data: object, isNamed = true): string {
  const name = isNamed && 'type' in data ? `event: ${data.type}\n` : '';
  return `${name}data: ${JSON.stringify(data)}\n\n`;
}
