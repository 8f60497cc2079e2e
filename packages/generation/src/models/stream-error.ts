import { at, stringAt } from './json-path.js';
import { excerpt, ModelError } from './model-error.js';

/** An error that came as an event of a stream, when the status had long been 200. */
export function eventError(error: unknown): ModelError {
  const type = stringAt(error, 'type');
  const code = at(error, 'code');
  const words =
    stringAt(error, 'message') || (typeof error === 'string' ? error : (JSON.stringify(error) ?? ''));
  const isLimit = type === 'rate_limit_error' || code === 'rate_limit_exceeded' || Number(code) === 429;
  const isPassing =
    isLimit ||
    ['overloaded_error', 'api_error', 'timeout_error', 'server_error'].includes(type) ||
    code === 'server_error' ||
    Number(code) >= 500;
  return new ModelError(
    isLimit ? 'rate-limit' : 'server',
    `The model's service broke the answer off with an error: “${excerpt(words)}”. ` +
      (isPassing ? 'It is a passing one: ask again.' : 'Its words say what to change.'),
    { isRetryable: isPassing },
  );
}
