import { anthropic } from './anthropic.js';
import type { ConnectionOptions } from './endpoint.js';
import type { Model } from './model.js';
import { ModelError } from './model-error.js';
import { openAI } from './openai.js';

export interface ModelChoice extends ConnectionOptions {
  /** By default `OPENAI_MODEL` or `ANTHROPIC_MODEL`. */
  readonly model?: string | undefined;
  /** By default `OPENAI_BASE_URL` or `ANTHROPIC_BASE_URL`, or else the provider's own server. */
  readonly baseUrl?: string | undefined;
  /** Whose API to speak. By default Anthropic's for models named `claude…` and where only Anthropic is set up. */
  readonly provider?: 'openai' | 'anthropic' | undefined;
  /** Which of OpenAI's APIs; `chat` by default. */
  readonly api?: 'chat' | 'responses' | undefined;
}

/**
 * The model that a user means: by what is chosen, and for the rest by the usual environment variables,
 * `OPENAI_API_KEY`, `OPENAI_BASE_URL`, `OPENAI_MODEL`, `ANTHROPIC_API_KEY`, `ANTHROPIC_BASE_URL` and
 * `ANTHROPIC_MODEL`.
 *
 * @throws {ModelError} of kind `no-model`, `no-key` or `wrong-address`
 */
export function modelFromEnvironment(
  choice: ModelChoice = {},
  env: Readonly<Record<string, string | undefined>> = process.env,
): Model {
  const provider = choice.provider ?? guessProvider(choice, env);
  const prefix = provider === 'openai' ? 'OPENAI' : 'ANTHROPIC';
  const model = choice.model || env[`${prefix}_MODEL`];
  if (!model) {
    throw new ModelError('no-model', `No model is named. Name one, or set ${prefix}_MODEL.`);
  }
  const options = {
    ...choice,
    model,
    apiKey: env[`${prefix}_API_KEY`],
    baseUrl: choice.baseUrl || env[`${prefix}_BASE_URL`],
  };
  return provider === 'openai' ? openAI(options) : anthropic(options);
}

/**
 * A model of Anthropic's may also be had from a server that speaks OpenAI's API, and is when only such a one is set
 * up.
 */
function guessProvider(
  { model }: ModelChoice,
  env: Readonly<Record<string, string | undefined>>,
): 'openai' | 'anthropic' {
  const hasOpenAI = Boolean(env.OPENAI_API_KEY || env.OPENAI_BASE_URL);
  const hasAnthropic = Boolean(env.ANTHROPIC_API_KEY || env.ANTHROPIC_BASE_URL);
  if (hasOpenAI !== hasAnthropic) return hasAnthropic ? 'anthropic' : 'openai';
  if (model) return model.startsWith('claude') ? 'anthropic' : 'openai';
  return env.ANTHROPIC_MODEL && !env.OPENAI_MODEL ? 'anthropic' : 'openai';
}
