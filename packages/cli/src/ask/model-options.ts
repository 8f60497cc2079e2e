import { type Model, ModelError, modelFromEnvironment } from '@eager/generation';
import { Option } from 'commander';
import { CommandError, EXIT } from '../exit-codes.js';

/** The flags that say which model answers. */
export interface ModelFlags {
  readonly model?: string | undefined;
  readonly baseUrl?: string | undefined;
  readonly provider?: 'openai' | 'anthropic' | undefined;
  readonly api?: 'chat' | 'responses' | undefined;
  /** In seconds. */
  readonly idleTimeout?: number | undefined;
}

export function modelOptions(seconds: (text: string) => number): Option[] {
  return [
    new Option('--model <NAME>', 'the model, as its service spells it (or OPENAI_MODEL, ANTHROPIC_MODEL)'),
    new Option('--base-url <URL>', 'the service (or OPENAI_BASE_URL, ANTHROPIC_BASE_URL)'),
    new Option('--provider <NAME>', 'whose API to speak (default: guessed)').choices(['openai', 'anthropic']),
    new Option('--api <NAME>', "which of OpenAI's APIs to speak (default: chat)").choices([
      'chat',
      'responses',
    ]),
    new Option(
      '--idle-timeout <SECONDS>',
      'give up when the model says nothing for so long (default: 600)',
    ).argParser(seconds),
  ];
}

/** @throws {CommandError} when no model or no key is named, before anything is started */
export function chooseModel({ model, baseUrl, provider, api, idleTimeout }: ModelFlags): Model {
  try {
    return modelFromEnvironment({
      ...{ model, baseUrl, provider, api },
      ...(idleTimeout !== undefined && { idleTimeoutMs: idleTimeout * 1000 }),
    });
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    const hint = error.kind === 'no-model' ? ' On the command line that is --model NAME.' : '';
    throw new CommandError(error.message + hint, error.kind === 'no-model' ? EXIT.usage : EXIT.failure);
  }
}
