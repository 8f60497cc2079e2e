import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { python } from '../python.js';

/** The servers that the tests start: the stock one, and the two gateways. */
export type ServerKind = 'jupyter_server' | 'kernel_gateway' | 'enterprise_gateway';

export interface ServerSetup {
  readonly kind?: ServerKind;
  readonly python?: string;
  /** By default one of the test's own; an empty one lets everybody in. */
  readonly token?: string;
  readonly basePath?: string;
  /** More arguments of its command line. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** It speaks TLS with these files. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** A real server on loopback, with a folder of its own. It ends with its kernels when it is disposed of. */
export class JupyterServer implements AsyncDisposable {
  readonly token: string;
  readonly port: number;
  /** The root of its files. */
  readonly directory = realpathSync(mkdtempSync(join(tmpdir(), 'eager-server-')));
  readonly #setup: ServerSetup;
  #process: ChildProcess | undefined;
  #log = '';

  /** Resolves when it answers. */
  static async start(setup: ServerSetup = {}): Promise<JupyterServer> {
    const server = new JupyterServer(setup, await freePort());
    await server.start();
    return server;
  }

  private constructor(setup: ServerSetup, port: number) {
    this.#setup = setup;
    this.port = port;
    this.token = setup.token ?? 'a-token-of-the-tests';
  }

  get url(): string {
    const { tls, basePath = '/' } = this.#setup;
    return `${tls ? 'https' : 'http'}://127.0.0.1:${this.port}${basePath}`;
  }

  /** What `remoteKernel` needs to reach it. */
  get access(): { readonly url: string; readonly token: string } {
    return { url: this.url, token: this.token };
  }

  /** What it has printed. */
  get log(): string {
    return this.#log;
  }

  /** Starts it, or starts it again on the same port. */
  async start(): Promise<void> {
    const { python: executable = python, env, kind = 'jupyter_server' } = this.#setup;
    const child = spawn(executable, ['-m', MODULES[kind], ...this.#args()], {
      cwd: this.directory,
      env: {
        ...process.env,
        ...TOKEN_VARIABLES[kind](this.token),
        JUPYTER_CONFIG_DIR: this.directory,
        JUPYTER_RUNTIME_DIR: join(this.directory, 'runtime'),
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    // A test that runs out of time leaves it behind. Its kernels notice that it is gone.
    const end = () => void child.kill('SIGKILL');
    process.once('exit', end);
    child.once('exit', () => process.off('exit', end));
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#log += text;
      });
    }
    while (!(await isOpen(this.port))) {
      if (child.exitCode !== null) throw new Error(`The server ended before it answered:\n${this.#log}`);
      await delay(20);
    }
  }

  /** Ends the process, by default in order, with its kernels. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }

  /** A request to its REST API, as another client of the same user makes it. */
  async api<T = unknown>(method: string, path: string, content?: unknown): Promise<T> {
    const response = await fetch(new URL(`api/${path}`, this.url), {
      method,
      headers: { Authorization: `token ${this.token}`, 'Content-Type': 'application/json' },
      ...(content !== undefined && { body: JSON.stringify(content) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${response.status} to ${method} ${path}: ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  #args(): string[] {
    const { kind = 'jupyter_server', basePath = '/', tls, args = [] } = this.#setup;
    const app = APPS[kind];
    const isServer = kind === 'jupyter_server';
    return [
      `--${app}.ip=127.0.0.1`,
      `--${app}.port=${this.port}`,
      `--${app}.port_retries=0`,
      `--${app}.base_url=${basePath}`,
      ...(isServer ? ['--no-browser', '--allow-root', `--ServerApp.root_dir=${this.directory}`] : []),
      ...(isServer && this.token === '' ? ['--IdentityProvider.token='] : []),
      ...(tls ? [`--${app}.certfile=${tls.cert}`, `--${app}.keyfile=${tls.key}`] : []),
      ...args,
    ];
  }
}

const MODULES = {
  jupyter_server: 'jupyter_server',
  kernel_gateway: 'kernel_gateway',
  enterprise_gateway: 'enterprise_gateway',
} as const;

const APPS = {
  jupyter_server: 'ServerApp',
  kernel_gateway: 'KernelGatewayApp',
  enterprise_gateway: 'EnterpriseGatewayApp',
} as const;

const TOKEN_VARIABLES = {
  jupyter_server: (token: string) => ({ JUPYTER_TOKEN: token }),
  kernel_gateway: (token: string) => ({ KG_AUTH_TOKEN: token }),
  enterprise_gateway: (token: string) => ({ EG_AUTH_TOKEN: token }),
} as const;

/** Whether somebody accepts connections. */
function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true));
    socket.on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

/** A port that nothing uses at the moment. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('A TCP server has a port.');
  return address.port;
}
