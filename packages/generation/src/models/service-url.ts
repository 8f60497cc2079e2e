import { ModelError } from './model-error.js';

export interface ServiceUrl {
  readonly hostname: string;
  /** The address of one API of the service. */
  endpoint(path: string): string;
}

/**
 * @param variable the environment variable that may have given it, for the message
 * @throws {ModelError} when it is no base URL
 */
export function serviceUrl(baseUrl: string, variable: string): ServiceUrl {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new ModelError(
      'wrong-address',
      `${JSON.stringify(baseUrl)} is no base URL. It must begin with http:// or https://; it came from an option or from ${variable}.`,
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw new ModelError(
      'wrong-address',
      `The base URL for ${url.host} has a user name or password in it. Leave them out, and give the key by itself.`,
    );
  }
  const base = url.origin + url.pathname.replace(/\/+$/, '');
  return { hostname: url.hostname, endpoint: (path) => `${base}/${path}${url.search}` };
}

/** @throws {ModelError} when there is no key */
export function requireKey(key: string | undefined, variable: string, company: string): void {
  if (key === undefined) {
    throw new ModelError(
      'no-key',
      `There is no key for ${company}. Set ${variable}, or give the base URL of a server that needs none.`,
    );
  }
}
