import { ask, type ConnectionOptions } from './endpoint.js';
import { messagesBody, messagesReader } from './messages.js';
import type { Model } from './model.js';
import { requireKey, serviceUrl } from './service-url.js';

export interface AnthropicOptions extends ConnectionOptions {
  /** The model's name, as the API spells it. */
  readonly model: string;
  /** Servers other than Anthropic's may need none. */
  readonly apiKey?: string | undefined;
  /** Without the version; `https://api.anthropic.com` by default. */
  readonly baseUrl?: string | undefined;
}

/**
 * A model of Anthropic, or of a server that speaks its messages API.
 *
 * Arguments of tools come as they are written. That is asked for tool by tool (`eager_input_streaming`), and of a
 * server that refuses this, by the older header.
 *
 * @see https://docs.anthropic.com/en/docs/agents-and-tools/tool-use/fine-grained-tool-streaming
 * @throws {ModelError} when there is no key for Anthropic itself, or the base URL is none
 */
export function anthropic(options: AnthropicOptions): Model {
  const { model, apiKey, baseUrl } = options;
  const service = serviceUrl(baseUrl || 'https://api.anthropic.com', 'ANTHROPIC_BASE_URL');
  const key = apiKey?.trim() || undefined;
  if (service.hostname === 'api.anthropic.com') requireKey(key, 'ANTHROPIC_API_KEY', 'Anthropic');
  return {
    name: model,
    stream: (request, stream = {}) =>
      ask(
        {
          model,
          key,
          keyVariable: 'ANTHROPIC_API_KEY',
          url: service.endpoint('v1/messages'),
          headers: (refused) => ({
            'anthropic-version': '2023-06-01',
            ...(refused.has(EAGER) && { 'anthropic-beta': 'fine-grained-tool-streaming-2025-05-14' }),
            ...(key !== undefined && { 'x-api-key': key }),
          }),
          body: (refused) => messagesBody(model, request, !refused.has(EAGER)),
          optionalFields: [EAGER],
          newReader: messagesReader,
        },
        stream,
        options,
      ),
  };
}

const EAGER = 'eager_input_streaming';
