import { type IncomingHttpHeaders, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** Certificate authorities in PEM, in place of those that Node trusts. */
  readonly ca?: string | undefined;
  /** For how long nothing may come, in milliseconds. */
  readonly timeoutMs: number;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/**
 * Makes one request, on a connection of its own.
 *
 * Redirects are answers like any other, because to follow one could carry credentials to another host. `fetch` is not
 * used because it cannot be given a certificate authority.
 */
export function send({ method, url, headers, body, ca, timeoutMs }: HttpRequest): Promise<HttpResponse> {
  const isSecure = url.protocol === 'https:';
  const options = { method, headers, agent: false, timeout: timeoutMs };
  return new Promise((resolve, reject) => {
    const request = isSecure ? requestHttps(url, { ...options, ca }) : requestHttp(url, options);
    request.on('error', reject);
    request.on('timeout', () => request.destroy(new Error(`No answer within ${timeoutMs / 1000} s.`)));
    request.on('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(parts).toString('utf8'),
        }),
      );
    });
    request.end(body);
  });
}
