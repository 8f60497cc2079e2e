import type { IncomingHttpHeaders } from 'node:http';
import { KernelError } from '../kernel.js';

/** A failure that may be over at the next attempt: the network's, or that of a server that is just starting. */
export class TransientError extends KernelError {}

/** No answer came. */
export function unreachable(url: string, cause: unknown): KernelError {
  const { hostname, protocol } = new URL(url);
  const code = String((cause as NodeJS.ErrnoException | undefined)?.code ?? '');
  if (code === 'ECONNREFUSED') {
    return new TransientError(
      `Nothing listens at ${url} (connection refused). Check the address, and that the Jupyter server runs.`,
    );
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new TransientError(
      `The host ${hostname} was not found. Check the name in ${url}, and the network.`,
    );
  }
  if (UNTRUSTED.has(code)) {
    return new KernelError(
      `The certificate of ${url} is not signed by an authority that this machine trusts (${code}). If the server is ` +
        "yours, give its authority's certificate (PEM) as `ca`, on the command line --ca FILE.",
    );
  }
  if (/^(CERT_|ERR_TLS_CERT)/.test(code)) {
    return new KernelError(
      `The certificate of ${url} is not valid: ${messageOf(cause)}. The server needs a new one, or is another one.`,
    );
  }
  if (protocol === 'https:' && (code === 'EPROTO' || code === 'ERR_SSL_WRONG_VERSION_NUMBER')) {
    return new KernelError(
      `${url} does not speak TLS. If the server has none, the address begins with http://.`,
    );
  }
  const hint = protocol === 'https:' ? ' If it has no TLS, its address begins with http://.' : '';
  return new TransientError(
    `${url} did not answer: ${messageOf(cause)} Check that the Jupyter server runs and can be reached from here.${hint}`,
  );
}

const UNTRUSTED: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_UNTRUSTED',
]);

/** Something answered, but not as a Jupyter server does. */
export function notJupyter(url: string, status: number, headers: IncomingHttpHeaders): KernelError {
  if (status >= 300 && status < 400) {
    const target = withoutQuery(headers.location ?? 'another page', url);
    return new KernelError(
      `${url} redirects to ${target}. If it asks for a login there, give a token or a password; if the server has ` +
        'moved, give its new address.',
    );
  }
  const type = headers['content-type']?.split(';')[0] ?? 'no content';
  return new KernelError(
    `${url} is not the base URL of a Jupyter server: it answered ${status} with ${type}. The base URL is the part ` +
      'before /lab, /tree or /api, such as https://host/user/me/.',
  );
}

/** The server knows us, but not as somebody who may do that; or it does not know us. */
export function refused(
  url: string,
  credentials: 'token' | 'password' | 'none',
  status: number,
  message = '',
): KernelError {
  // What a server says of forms to a client that it does not know explains nothing.
  if (status === 403 && message !== '' && !/^forbidden$|_xsrf/i.test(message)) {
    return new KernelError(`${url} does not permit this (${status}): ${sentence(message)}`);
  }
  switch (credentials) {
    case 'token':
      return new KernelError(
        `${url} refused the token (${status}). Give one that is valid there; jupyter server list shows those of ` +
          'your servers, the Hub Control Panel makes those of a JupyterHub.',
      );
    case 'password':
      return new KernelError(`${url} refused the session of the password (${status}). Log in anew.`);
    case 'none':
      return new KernelError(
        `${url} wants to know who asks (${status}). Give a token or a password; jupyter server list shows ` +
          'the tokens of your servers.',
      );
  }
}

export function passwordRefused(url: string): KernelError {
  return new KernelError(`${url} refused the password. Check it, or give a token instead.`);
}

/** A Jupyter server answered that it cannot do what it was asked for. */
export function serverFailed(
  url: string,
  method: string,
  path: string,
  status: number,
  message = '',
): KernelError {
  const said = message === '' ? '.' : `: ${sentence(message)}`;
  const text = `${url} answered ${status} to ${method} ${path}${said}`;
  if (TRANSIENT.has(status)) {
    return new TransientError(`${text} It may be starting or too busy; try again in a moment.`);
  }
  if (status === 404) return new NotFoundError(text);
  return new KernelError(`${text} Its log says more.`);
}

/** The Jupyter server has no such thing; who asked for it says more. */
export class NotFoundError extends KernelError {}

/** JupyterHub answers 424, and 503 before its version 2, while a user's server is not running. */
const TRANSIENT: ReadonlySet<number> = new Set([424, 429, 502, 503, 504]);

export function noSuchKernelspec(url: string, name: string, names: readonly string[]): KernelError {
  return new KernelError(`${url} has no kernelspec "${name}". ${there('kernelspecs', names)}`);
}

export function noSuchKernel(url: string, id: string, running: readonly string[] | undefined): KernelError {
  return new KernelError(
    `${url} has no running kernel ${id}. ${running === undefined ? 'It does not list its kernels.' : there('running kernels', running)}`,
  );
}

export function noSuchSession(url: string, session: string, sessions: readonly string[]): KernelError {
  return new KernelError(
    `${url} has no session for ${session}. Open the notebook there first. ${there('sessions', sessions)}`,
  );
}

function there(what: string, names: readonly string[]): string {
  return names.length === 0 ? `It has no ${what}.` : `Its ${what}: ${names.join(', ')}.`;
}

/** The kernel that we had is no more. */
export class GoneError extends KernelError {}

/** What became of a kernel while we had it. */
export const lost = {
  died: () =>
    new GoneError(
      'The kernel died; all variables of the program are lost. Start a new kernel to run it again.',
    ),
  autorestarted: () =>
    new GoneError(
      'The kernel died and the server restarted it: all variables of the program are lost, and it did not run to its ' +
        'end. Run it again.',
    ),
  restarted: () =>
    new GoneError(
      'Somebody else restarted the kernel: all variables of the program are lost, and it did not run to its end. Run it ' +
        'again, or on a kernel of its own.',
    ),
  deleted: () =>
    new GoneError(
      'The server no longer has the kernel: somebody has shut it down, or the server was restarted. All variables of the ' +
        'program are lost. Run it again on a new kernel.',
    ),
  unreachable: (url: string, afterMs: number, cause: KernelError) =>
    new KernelError(
      `The connection to ${url} was lost and could not be restored within ${Math.round(afterMs / 1000)} s. The kernel ` +
        `may still run there. The last attempt: ${cause.message}`,
      { cause },
    ),
  refused: (url: string, cause: KernelError) =>
    new KernelError(
      `The connection to ${url} was lost, and the server does not let us in again. The kernel may still run there. ` +
        cause.message,
      { cause },
    ),
  unanswered: () =>
    new GoneError(
      'The connection to the kernel broke while it ran a part of the program, and its answer was lost: nobody knows how ' +
        'that ended. This kernel cannot be asked, for it cannot take the driver of Eager. Run the program again on a new ' +
        'kernel.',
    ),
  unreadable: (url: string, cause: unknown) =>
    new KernelError(
      `${url} sent a message that is not of the Jupyter protocol: ${messageOf(cause)} Its version may be too old.`,
      { cause },
    ),
  shutDown: () => new KernelError('The kernel was shut down.'),
  left: () => new KernelError('The connection to the kernel was closed.'),
} as const;

/** A login page's address carries where to go on from there, which may be a secret. */
function withoutQuery(location: string, base: string): string {
  if (!URL.canParse(location, base)) return 'another page';
  const { origin, pathname } = new URL(location, base);
  return origin + pathname;
}

function messageOf(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  const { code } = (cause ?? {}) as NodeJS.ErrnoException;
  return sentence(message || code || 'unknown reason');
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
