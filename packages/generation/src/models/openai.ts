import { chatBody, chatReader } from './chat-completions.js';
import { ask, type ConnectionOptions } from './endpoint.js';
import type { Model } from './model.js';
import { responsesBody, responsesReader } from './responses.js';
import { requireKey, serviceUrl } from './service-url.js';

export interface OpenAIOptions extends ConnectionOptions {
  /** The model's name, as the server spells it. */
  readonly model: string;
  /** Servers other than OpenAI's may need none. */
  readonly apiKey?: string | undefined;
  /** Includes the version, as in `http://localhost:11434/v1`; OpenAI's own by default. */
  readonly baseUrl?: string | undefined;
  /**
   * `chat` (chat completions), the default, is what all compatible servers speak; `responses` is OpenAI's newer API.
   */
  readonly api?: 'chat' | 'responses' | undefined;
}

/**
 * A model of OpenAI, or of any server that speaks its API: vLLM, Ollama, llama.cpp, OpenRouter, …
 *
 * @example openAI({ model: 'qwen3-coder', baseUrl: 'http://localhost:11434/v1' })
 * @throws {ModelError} when there is no key for OpenAI itself, or the base URL is none
 */
export function openAI(options: OpenAIOptions): Model {
  const { model, apiKey, baseUrl, api = 'chat' } = options;
  const service = serviceUrl(baseUrl || 'https://api.openai.com/v1', 'OPENAI_BASE_URL');
  const key = apiKey?.trim() || undefined;
  const isOpenAI = service.hostname === 'api.openai.com';
  if (isOpenAI) requireKey(key, 'OPENAI_API_KEY', 'OpenAI');
  const shared = {
    model,
    key,
    keyVariable: 'OPENAI_API_KEY',
    headers: () => (key === undefined ? {} : { authorization: `Bearer ${key}` }),
  };
  return {
    name: model,
    stream: (request, stream = {}) =>
      ask(
        api === 'chat'
          ? {
              ...shared,
              url: service.endpoint('chat/completions'),
              body: (refused) =>
                chatBody(
                  model,
                  request,
                  isOpenAI ? 'max_completion_tokens' : 'max_tokens',
                  !refused.has('stream_options'),
                ),
              optionalFields: ['stream_options'],
              newReader: chatReader,
            }
          : {
              ...shared,
              url: service.endpoint('responses'),
              body: () => responsesBody(model, request),
              optionalFields: [],
              newReader: responsesReader,
            },
        stream,
        options,
      ),
  };
}
