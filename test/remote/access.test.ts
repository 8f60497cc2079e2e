import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import {
  listKernelSpecs,
  listKernels,
  type RemoteKernelOptions,
  remoteKernel,
  type ServerOptions,
} from '@eager/execution';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCertificates } from './certificates.js';
import { demandingProxy } from './demanding-proxy.js';
import { freePort, JupyterServer } from './jupyter-server.js';
import { failureOf, printed } from './runs.js';

const PROGRAM = 'x = 6\nprint(x * 7)\n';
const PASSWORD = 'open sesame & more';

let server: JupyterServer;
beforeAll(async () => {
  server = await JupyterServer.start({ basePath: '/user/me/' });
});
afterAll(() => server?.[Symbol.asyncDispose]());

describe('a kernel on a jupyter_server with a base path', () => {
  test('is started, runs a program in one batch a statement, and ends when it is disposed of', async () => {
    {
      await using kernel = remoteKernel(server.access);
      expect(await printed(kernel, PROGRAM, { feed: 'one by one' })).toBe('42\n');
      expect(await kernel.pythonVersion()).toMatch(/^3\.\d+\.\d+/);
      const id = await kernel.id;
      expect(await listKernels(server.access)).toMatchObject([
        { id, name: 'python3', connections: 1, notebook: undefined },
      ]);
    }
    expect(await listKernels(server.access)).toEqual([]);
  });

  test('is one of the named kernelspec, in the folder that is asked for', async () => {
    expect(await listKernelSpecs(server.access)).toMatchObject([
      { name: 'python3', language: 'python', isDefault: true },
    ]);
    await using kernel = remoteKernel({ ...server.access, kernelName: 'python3', path: '/' });
    expect(await printed(kernel, 'import os; print(os.getcwd())\n')).toBe(`${server.directory}\n`);
  });

  test.each([
    ['without the slash at its end', () => server.url.slice(0, -1)],
    ['of a page', () => `${server.url}lab/tree/x.ipynb`],
    ['with the token, as the server prints it', () => `${server.url}?token=${server.token}`],
  ])('is found by an address %s', async (_name, url) => {
    expect(await listKernels({ url: url(), token: server.token })).toEqual([]);
  });
});

describe('the way in', () => {
  test('is a token in the address, which is in no message', async () => {
    await using kernel = remoteKernel({ url: `${server.url}?token=wrong-secret` });
    expect(await failureOf(kernel)).not.toContain('wrong-secret');
    expect(await listKernels({ url: `${server.url}?token=${server.token}` })).toEqual([]);
  });

  test('is a password, entered in the login form, with its cookies', async () => {
    const salt = '0123456789ab';
    const hash = createHash('sha1')
      .update(PASSWORD + salt)
      .digest('hex');
    await using guarded = await JupyterServer.start({
      token: '',
      args: [`--PasswordIdentityProvider.hashed_password=sha1:${salt}:${hash}`],
    });
    {
      await using kernel = remoteKernel({ url: guarded.url, password: PASSWORD });
      expect(await printed(kernel, PROGRAM, { feed: 'one by one' })).toBe('42\n');
    }
    expect(await listKernels({ url: guarded.url, password: PASSWORD })).toEqual([]);
    await expect(listKernels({ url: guarded.url, password: 'wrong' })).rejects.toThrow(
      /refused the password\. Check it/,
    );
    await expect(listKernels({ url: guarded.url })).rejects.toThrow(
      /wants to know who asks .* Give a token or a password/,
    );
  });

  test('is the password again when its session has ended', async () => {
    let logins = 0;
    await using forgetful = await httpServer((path, answer, request) => {
      const isKnown = request.headers.cookie?.includes('session=2') ?? false;
      if (!path.endsWith('login'))
        answer(isKnown ? 200 : 403, {}, isKnown ? '[]' : '{"message": "Forbidden"}');
      else if (request.method === 'GET') answer(200, { 'set-cookie': '_xsrf=x' }, '<form>');
      else answer(302, { 'set-cookie': `session=${++logins}` }, '');
    });
    expect(await listKernels({ url: forgetful.url, password: PASSWORD })).toEqual([]);
    expect(logins).toBe(2);
  });

  test('is open on a server without any, which still wants its cookie against forged requests', async () => {
    await using open = await JupyterServer.start({ token: '' });
    await using kernel = remoteKernel({ url: open.url });
    expect(await printed(kernel, PROGRAM)).toBe('42\n');
  });

  test('is a header that a proxy before the server demands', async () => {
    const header = { name: 'X-Organisation', value: 'a-secret-of-the-proxy' };
    await using proxy = await demandingProxy(server.port, header);
    const url = `${proxy.url}user/me/`;
    await using kernel = remoteKernel({ url, token: server.token, headers: { [header.name]: header.value } });
    expect(await printed(kernel, PROGRAM, { feed: 'one by one' })).toBe('42\n');
    await expect(listKernels({ url, token: server.token })).rejects.toThrow(/refused the token \(403\)/);
  });

  test('is TLS with an authority of its own; other certificates are refused', async () => {
    using certificates = makeCertificates();
    using others = makeCertificates();
    await using secure = await JupyterServer.start({ tls: certificates.files });
    await using kernel = remoteKernel({ ...secure.access, ca: certificates.ca });
    expect(await printed(kernel, PROGRAM, { feed: 'one by one' })).toBe('42\n');
    const refusal = /is not signed by an authority that this machine trusts \([A-Z_]+\).* --ca FILE/;
    await expect(listKernels(secure.access)).rejects.toThrow(refusal);
    await expect(listKernels({ ...secure.access, ca: others.ca })).rejects.toThrow(/certificate/);
    const byName = {
      ...secure.access,
      url: secure.url.replace('127.0.0.1', 'localhost'),
      ca: certificates.ca,
    };
    await expect(listKernels(byName)).rejects.toThrow(/The certificate of .* is not valid/);
    await using plain = await httpServer((_path, answer) => answer(200, {}, '[]'));
    await expect(listKernels({ url: plain.url.replace('http:', 'https:') })).rejects.toThrow(
      /does not speak TLS/,
    );
  });
});

describe('what cannot be had is an error that says what to do', () => {
  const NO_KERNEL = '00000000-0000-4000-8000-000000000000';
  const cases: readonly [string, (url: string) => Partial<RemoteKernelOptions>, RegExp][] = [
    [
      'a wrong token',
      () => ({ token: 'not-the-token' }),
      /refused the token \(403\)\. Give one that is valid there/,
    ],
    ['no token', () => ({ token: '' }), /wants to know who asks \(403\)\. Give a token or a password/],
    [
      'no such kernelspec',
      () => ({ kernelName: 'fortran' }),
      /has no kernelspec "fortran"\. Its kernelspecs: python3\./,
    ],
    [
      'no such kernel',
      () => ({ kernelId: NO_KERNEL }),
      new RegExp(`has no running kernel ${NO_KERNEL}. It has no`),
    ],
    [
      'no kernel id',
      () => ({ kernelId: 'mine' }),
      /has no running kernel mine\. It has no running kernels\./,
    ],
    [
      'no such session',
      () => ({ session: 'work/none.ipynb' }),
      /has no session for work\/none\.ipynb\. Open the notebook there first\. It has no sessions\./,
    ],
    [
      'a page of the server',
      (url) => ({ url: `${url}static/` }),
      /is not the base URL of a Jupyter server: it answered 405/,
    ],
    [
      'a wrong base path',
      (url) => ({ url: url.replace('/me/', '/you/') }),
      /answered 404 with text\/html\. The base URL/,
    ],
    [
      'an unknown host',
      () => ({ url: 'http://no-such-host.invalid/' }),
      /The host no-such-host\.invalid was not found\. Check the name/,
    ],
    ['no URL', () => ({ url: 'ftp://x' }), /no http or https URL\. Give it like this/],
    ['a password in the URL', () => ({ url: 'http://me:pw@127.0.0.1/' }), /holds a user name or a password/],
  ];
  test.each(cases)('%s', async (_name, options, message) => {
    const all = { ...server.access, ...options(server.url) } as RemoteKernelOptions;
    await using kernel = remoteKernel(all);
    const failure = await failureOf(kernel);
    expect(failure).toMatch(message);
    for (const secret of [server.token, 'not-the-token', 'me:pw']) expect(failure).not.toContain(secret);
  });

  test('nothing listens there', async () => {
    await using kernel = remoteKernel({ url: `http://127.0.0.1:${await freePort()}/`, token: 't' });
    expect(await failureOf(kernel)).toMatch(
      /^Nothing listens at .* \(connection refused\)\. Check the address/,
    );
  });

  test.each<[string, string, number, RegExp]>([
    ['a page', 'text/html', 200, /is not the base URL of a Jupyter server: it answered 200 with text\/html/],
    [
      'a login page elsewhere',
      '',
      302,
      /redirects to https:\/\/login\.invalid\/enter\. If it asks for a login there/,
    ],
  ])('something else listens there: %s', async (_name, type, status, message) => {
    const headers = { 'content-type': type, location: 'https://login.invalid/enter?next=secret' };
    await using other = await httpServer((_path, answer) => answer(status, headers, '<html>'));
    await expect(listKernels({ url: other.url, token: 't' })).rejects.toThrow(message);
    await expect(listKernels({ url: other.url, token: 't' })).rejects.not.toThrow(/secret/);
  });

  test('a server that repeats the token in its answer does not bring it into the message', async () => {
    const body = JSON.stringify({ message: 'token a-secret is not known to the proxy key a-key' });
    await using other = await httpServer((_path, answer) => answer(403, {}, body));
    const options: ServerOptions = { url: other.url, token: 'a-secret', headers: { 'X-Key': 'a-key' } };
    await expect(listKernels(options)).rejects.toThrow('token *** is not known to the proxy key ***');
  });

  test('the server dies while it starts the kernel', async () => {
    await using dying = await httpServer((path, answer) => {
      if (path.endsWith('api/kernels')) void dying[Symbol.asyncDispose]();
      else answer(200, {}, '{}');
    });
    await using kernel = remoteKernel({ url: dying.url, token: 't' });
    expect(await failureOf(kernel)).toMatch(/did not answer: .* Check that the Jupyter server runs/);
  });
});

/** A server on loopback that is none of Jupyter's. */
async function httpServer(
  respond: (
    path: string,
    answer: (status: number, headers: Record<string, string>, body: string) => void,
    request: IncomingMessage,
  ) => void,
): Promise<{ readonly url: string } & AsyncDisposable> {
  const other = createServer((request, response) =>
    respond(
      request.url?.split('?')[0] ?? '',
      (status, headers, body) => void response.writeHead(status, headers).end(body),
      request,
    ),
  );
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  const address = other.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`,
    [Symbol.asyncDispose]: async () => {
      other.closeAllConnections();
      other.close();
    },
  };
}
