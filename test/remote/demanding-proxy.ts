import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';

/** A reverse proxy on loopback that lets pass only what carries a header, as those of organisations do. */
export async function demandingProxy(
  target: number,
  header: { readonly name: string; readonly value: string },
): Promise<{ readonly url: string } & AsyncDisposable> {
  const isAllowed = (incoming: IncomingMessage) =>
    incoming.headers[header.name.toLowerCase()] === header.value;
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
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
