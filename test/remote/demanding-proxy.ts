import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * A reverse proxy on loopback that lets pass only what carries a header, as those of organisations do; and nothing any
 * more once that is revoked, which also ends the connections that there are.
 */
export async function demandingProxy(
  target: number,
  header: { readonly name: string; readonly value: string },
): Promise<{ readonly url: string; readonly revoke: () => void } & AsyncDisposable> {
  let isRevoked = false;
  const upgraded = new Set<Duplex>();
  const isAllowed = (incoming: IncomingMessage) =>
    !isRevoked && incoming.headers[header.name.toLowerCase()] === header.value;
  const forward = ({ method, url, headers }: IncomingMessage) =>
    request({ host: '127.0.0.1', port: target, method, path: url, headers });
  const server = createServer((incoming, outgoing) => {
    if (!isAllowed(incoming)) return outgoing.writeHead(403).end();
    const onward = forward(incoming).on('response', (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(outgoing);
    });
    incoming.pipe(onward);
  });
  server.on('upgrade', (incoming, client) => {
    if (!isAllowed(incoming)) return client.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    forward(incoming)
      .on('upgrade', (response, upstream) => {
        const headers = Object.entries(response.headers).map(([name, value]) => `${name}: ${value}\r\n`);
        client.write(`HTTP/1.1 101 Switching Protocols\r\n${headers.join('')}\r\n`);
        upgraded.add(client);
        client.pipe(upstream).pipe(client);
        for (const socket of [client, upstream]) socket.on('error', () => client.destroy());
      })
      .end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    url: `http://127.0.0.1:${port}/`,
    revoke: () => {
      isRevoked = true;
      for (const socket of upgraded) socket.destroy();
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
