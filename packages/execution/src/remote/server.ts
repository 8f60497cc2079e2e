import { isIP } from 'node:net';
import { KernelError } from '../kernel.js';
import { Cookies } from './cookies.js';
import { notJupyter, passwordRefused, refused, serverFailed, unreachable } from './errors.js';
import { type HttpRequest, type HttpResponse, send } from './http.js';

/** A Jupyter server, JupyterHub's server of a user, or a gateway in front of a cluster, and how to prove who we are. */
export interface ServerOptions {
  /** Where it is, with its path if it has one: `https://host/user/me/`. */
  readonly url: string;
  /** Travels in the `Authorization` header only. */
  readonly token?: string | undefined;
  /** For a server with a login form. Not used when there is a token. */
  readonly password?: string | undefined;
  /** Sent with every request, the opening of WebSockets included. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Certificate authorities in PEM that may vouch for the server, in place of those that Node trusts. */
  readonly ca?: string | undefined;
}

/** What a WebSocket needs to be opened. */
export interface SocketAddress {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly ca: string | undefined;
}

const TIMEOUT_MS = 20_000;

/**
 * Speaks to the REST API of one server. Credentials are sent in headers, to this server alone, and never appear in a
 * URL or in the message of an error.
 *
 * @see https://jupyter-server.readthedocs.io/en/latest/developers/rest-api.html
 */
export class Server {
  /** The base URL; ends in a slash and carries no credentials. */
  readonly url: URL;
  readonly #options: ServerOptions;
  readonly #token: string | undefined;
  readonly #cookies = new Cookies();
  /** A server without token or password still wants the cookie against forged requests. */
  #entered: Promise<void> | undefined;

  /** @throws {KernelError} when the URL is none. */
  constructor(options: ServerOptions) {
    const { url, token } = baseUrl(options.url);
    this.url = url;
    this.#options = options;
    this.#token = options.token || token;
  }

  get<T>(path: string): Promise<T> {
    return this.#json('GET', path);
  }

  post<T>(path: string, content: unknown = {}, timeoutMs?: number): Promise<T> {
    return this.#json('POST', path, JSON.stringify(content), timeoutMs);
  }

  delete(path: string): Promise<void> {
    return this.#json('DELETE', path);
  }

  async socketAddress(path: string): Promise<SocketAddress> {
    await this.#enter();
    const url = new URL(path, this.url);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    return { url: url.href, headers: this.#headers(), ca: this.#options.ca };
  }

  /** Why the server refused to open a WebSocket with this status. */
  refusal(status: number): KernelError {
    if (isRefusal(status)) return refused(this.#shown, this.#credentials, status);
    return serverFailed(this.#shown, 'GET', 'channels', status, '');
  }

  async #json<T>(
    method: HttpRequest['method'],
    path: string,
    body?: string,
    timeoutMs = TIMEOUT_MS,
  ): Promise<T> {
    await this.#enter();
    const login = this.#entered;
    let response = await this.#send(method, path, body, timeoutMs);
    if (this.#needsLogin && isRefusal(response.status)) {
      // The session of a password ends at some time. Another request may have begun a new one already.
      if (this.#entered === login) {
        this.#entered = undefined;
        this.#cookies.clear();
      }
      await this.#enter();
      response = await this.#send(method, path, body, timeoutMs);
    }
    const { status, headers, body: text } = response;
    if (status === 204) return undefined as T;
    if (status >= 200 && status < 300) {
      try {
        return JSON.parse(text) as T;
      } catch {
        throw notJupyter(this.#shown, status, headers);
      }
    }
    throw this.#failure(method, path, response);
  }

  #failure(method: string, path: string, { status, headers, body }: HttpResponse): KernelError {
    const message = messageOf(body);
    if (status >= 300 && status < 400) return notJupyter(this.#shown, status, headers);
    if (isRefusal(status)) return refused(this.#shown, this.#credentials, status, this.#redact(message));
    if ((status === 404 || status === 405) && message === undefined)
      return notJupyter(this.#shown, status, headers);
    return serverFailed(this.#shown, method, path, status, this.#redact(message));
  }

  /** Gets the cookies that requests need: those of a login, or the one that says that a request was not forged. */
  async #enter(): Promise<void> {
    if (this.#token) return;
    this.#entered ??= this.#needsLogin ? this.#logIn() : this.#takeCookies();
    try {
      await this.#entered;
    } catch (error) {
      this.#entered = undefined;
      throw error;
    }
  }

  /** Fills in the login form, as a browser does. */
  async #logIn(): Promise<void> {
    const form = await this.#send('GET', 'login');
    if (form.status !== 200) throw notJupyter(this.#shown, form.status, form.headers);
    const fields = new URLSearchParams({
      password: this.#options.password ?? '',
      _xsrf: this.#cookies.get('_xsrf') ?? '',
    });
    const { status, headers } = await this.#send('POST', 'login', fields);
    if (status === 302 || status === 303) return;
    if (status === 200 || status === 401 || status === 403) throw passwordRefused(this.#shown);
    throw notJupyter(this.#shown, status, headers);
  }

  async #takeCookies(): Promise<void> {
    await this.#send('GET', 'login');
  }

  async #send(
    method: HttpRequest['method'],
    path: string,
    body?: string | URLSearchParams,
    timeoutMs = TIMEOUT_MS,
  ): Promise<HttpResponse> {
    const url = new URL(path, this.url);
    const type = body instanceof URLSearchParams ? 'application/x-www-form-urlencoded' : 'application/json';
    const headers = {
      Accept: 'application/json, */*',
      ...(body !== undefined && { 'Content-Type': type }),
      ...this.#headers(),
    };
    try {
      const response = await send({
        ...{ method, url, headers, timeoutMs },
        body: body?.toString(),
        ca: this.#options.ca,
      });
      this.#cookies.take(response.headers['set-cookie']);
      return response;
    } catch (error) {
      throw unreachable(this.#shown, this.#redacted(error));
    }
  }

  #headers(): Record<string, string> {
    const cookie = this.#cookies.header;
    const xsrf = this.#cookies.get('_xsrf');
    return {
      ...(this.#token && { Authorization: `token ${this.#token}` }),
      ...(cookie && { Cookie: cookie }),
      ...(xsrf && { 'X-XSRFToken': xsrf }),
      ...this.#options.headers,
    };
  }

  get #needsLogin(): boolean {
    return !this.#token && this.#options.password !== undefined;
  }

  get #credentials(): 'token' | 'password' | 'none' {
    return this.#token ? 'token' : this.#needsLogin ? 'password' : 'none';
  }

  get #shown(): string {
    return this.url.href;
  }

  #redacted(error: unknown): unknown {
    if (!(error instanceof Error)) return error;
    const redacted = new Error(this.#redact(error.message) ?? '');
    return Object.assign(redacted, { code: (error as NodeJS.ErrnoException).code });
  }

  /** What a server says may repeat what it was sent. */
  #redact(text: string | undefined): string | undefined {
    const secrets = [
      this.#token,
      this.#options.password,
      ...Object.values(this.#options.headers ?? {}),
      ...this.#cookies.secrets,
    ];
    return secrets.reduce<string | undefined>(
      (redacted, secret) => (secret ? redacted?.replaceAll(secret, '***') : redacted),
      text,
    );
  }
}

/** The base URL of what was given, which may be the address that a server prints: with its token, and a page's path. */
function baseUrl(text: string): { readonly url: URL; readonly token: string | undefined } {
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(withScheme) ? new URL(withScheme) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || (url.hostname === '' && !isIP(url.hostname))) {
    throw new KernelError(
      'The address of the server is no http or https URL. Give it like this: https://host/user/me/',
    );
  }
  if (url.username || url.password) {
    throw new KernelError(
      'The address of the server holds a user name or a password, which would show in logs. ' +
        'Give a token, a password or a header by itself.',
    );
  }
  const token = url.searchParams.get('token') ?? undefined;
  url.search = '';
  url.hash = '';
  url.pathname = url.pathname.replace(/(?:\/(?:lab|tree|notebooks|api)(?:\/.*)?)?\/*$/, '/');
  return { url, token };
}

function isRefusal(status: number): boolean {
  return status === 401 || status === 403;
}

/** What a Jupyter server says of its refusal; undefined for an answer that is no Jupyter server's. */
function messageOf(body: string): string | undefined {
  try {
    const { message, reason } = JSON.parse(body);
    const text = [message, reason].find((part) => typeof part === 'string' && part !== '');
    return text ?? '';
  } catch {
    return undefined;
  }
}
