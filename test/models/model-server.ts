import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';

/** A stand-in for a model's service: HTTP on loopback, on a free port. */
export interface ModelServer extends AsyncDisposable {
  /** Anthropic's base URL; OpenAI's is this and `/v1`. */
  readonly url: string;
  /** The requests so far, in order. */
  readonly requests: readonly SeenRequest[];
}

export interface SeenRequest {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** The JSON that was sent. */
  readonly body: Readonly<Record<string, unknown>>;
  /** How many requests came before. */
  readonly turn: number;
  /** How many bytes of the body have been written. */
  readonly bytesWritten: number;
  /** Settles when the connection has closed: true if the client closed it before the body had ended. */
  readonly closedEarly: Promise<boolean>;
}

/** What the server does for one request. */
export interface Reply {
  /** 200 by default. */
  readonly status?: number;
  /** By default the type of a stream of events. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}

/**
 * Writes bytes, waits for a time or for a promise, lets the connection break, or says nothing more and keeps it open.
 */
export type Step = string | Uint8Array | { readonly waitMs: number } | Promise<unknown> | 'cut' | 'hang';

/** Starts a server that answers each request as `reply` says. */
export async function modelServer(reply: (request: SeenRequest) => Reply): Promise<ModelServer> {
  const requests: SeenRequest[] = [];
  const server = createServer((incoming, response) => {
    void serve(incoming, response, requests, reply).catch((error: unknown) => {
      response
        .writeHead(500, { 'x-should-retry': 'false' })
        .end(JSON.stringify({ error: { message: `${error}` } }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function serve(
  incoming: IncomingMessage,
  response: ServerResponse,
  requests: SeenRequest[],
  reply: (request: SeenRequest) => Reply,
): Promise<void> {
  const { promise, resolve } = promiseWithResolver<boolean>();
  response.on('close', () => resolve(!response.writableFinished));
  const request = {
    path: incoming.url ?? '',
    headers: incoming.headers,
    body: JSON.parse((await text(incoming)) || '{}') as Record<string, unknown>,
    turn: requests.length,
    bytesWritten: 0,
    closedEarly: promise,
  };
  requests.push(request);

  const {
    status = 200,
    headers = { 'content-type': 'text/event-stream; charset=utf-8' },
    steps,
  } = reply(request);
  response.socket?.setNoDelay(true);
  response.writeHead(status, headers);
  response.flushHeaders();
  for (const step of steps) {
    if (response.destroyed || step === 'hang') return;
    if (step === 'cut') {
      await sleep(5); // lets what was written arrive
      response.destroy();
      return;
    }
    if (step instanceof Promise) await step;
    else if (typeof step === 'object' && 'waitMs' in step)
      await (step.waitMs === 0 ? nextTurn() : sleep(step.waitMs));
    else {
      request.bytesWritten += Buffer.byteLength(step);
      await new Promise((written) => response.write(step, written));
    }
  }
  response.end();
}

function promiseWithResolver<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
