import { at, stringAt } from './json-path.js';
import { excerpt, ModelError } from './model-error.js';
import { retryAfterMs } from './retry.js';

/** What is known of a request when its response tells of an error. */
export interface RequestFacts {
  readonly model: string;
  /** Where the request went. */
  readonly url: string;
  /** The environment variable that holds the key. */
  readonly keyVariable: string;
  readonly hasKey: boolean;
}

/** What a response that is no stream of a model means. */
export interface FailedResponse {
  readonly status: number;
  readonly headers: Pick<Headers, 'get'>;
  readonly body: string;
}

/** The error that a response tells of, for any status: one of 200 with another body than a stream is an error too. */
export function responseError(
  { status, headers, body }: FailedResponse,
  { model, url, keyVariable, hasKey }: RequestFacts,
): ModelError {
  const said = serverWords(body);
  const saying = said === '' ? '' : `: “${said}”`;
  const details = { status };
  const shouldRetry = headers.get('x-should-retry'); // OpenAI and Anthropic overrule the status by it

  if (status >= 300 && status < 400) {
    const location = excerpt(headers.get('location') ?? 'nowhere');
    return new ModelError(
      'wrong-address',
      `${url} redirects to ${location}. Keys are not sent after redirects: give the base URL it leads to.`,
      details,
    );
  }
  if (status === 401 || status === 403) {
    const advice = hasKey ? `Check the key in ${keyVariable}` : `No key was sent: set ${keyVariable}`;
    return new ModelError(
      hasKey ? 'wrong-key' : 'no-key',
      `${url} refused the request with status ${status}${saying}. ${advice}, and that it may use ${model}.`,
      details,
    );
  }
  if (isUnknownModel(status, body)) {
    return new ModelError(
      'unknown-model',
      `${url} knows no model ${JSON.stringify(model)}, or the key may not use it${saying}. Check the model's name and the base URL.`,
      details,
    );
  }
  if (status === 429 && !isQuota(body)) {
    return new ModelError(
      'rate-limit',
      `${url} takes no more requests for now (status 429)${saying}. Wait, or ask for a higher limit.`,
      { ...details, isRetryable: shouldRetry !== 'false', retryAfterMs: retryAfterMs(headers) },
    );
  }
  if (status === 429) {
    return new ModelError(
      'rate-limit',
      `The quota of this key is used up${saying}. Look at the account's plan and billing.`,
      details,
    );
  }
  if (status === 408 || status === 409 || status >= 500) {
    return new ModelError(
      'server',
      `${url} failed with status ${status}${saying}. The fault is the server's: try again later.`,
      { ...details, isRetryable: shouldRetry !== 'false', retryAfterMs: retryAfterMs(headers) },
    );
  }
  if (isJson(body) && status >= 400 && status !== 404) {
    return new ModelError('bad-request', `${url} refused the request with status ${status}${saying}.`, {
      ...details,
      isRetryable: shouldRetry === 'true',
    });
  }
  return new ModelError(
    'wrong-address',
    `What answers at ${url} is no model API: status ${status}, ${contentType(headers)}${saying}. ` +
      'Check the base URL, and whether a proxy or a login page answers in its place.',
    details,
  );
}

/** The message in an error of OpenAI's or Anthropic's form, the title of a page, or the start of the body. */
function serverWords(body: string): string {
  const json = parse(body);
  const message =
    stringAt(json, 'error', 'message') ||
    stringAt(json, 'message') ||
    stringAt(json, 'error') ||
    stringAt(json, 'detail');
  const title = /<title[^>]*>([^<]*)/i.exec(body)?.[1];
  return excerpt(message || title || body.replace(/<style.*?<\/style>|<[^>]*>/gis, ' '));
}

function isUnknownModel(status: number, body: string): boolean {
  const json = parse(body);
  if (at(json, 'error', 'code') === 'model_not_found') return true;
  return status === 404 && /\bmodels?\b/i.test(stringAt(json, 'error', 'message') || stringAt(json, 'error'));
}

/** Waiting does not help then. */
function isQuota(body: string): boolean {
  const json = parse(body);
  return (
    at(json, 'error', 'code') === 'insufficient_quota' || at(json, 'error', 'type') === 'insufficient_quota'
  );
}

function contentType(headers: Pick<Headers, 'get'>): string {
  return headers.get('content-type')?.split(';')[0] ?? 'no content type';
}

function isJson(body: string): boolean {
  return typeof parse(body) === 'object';
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
