import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { KernelManager, ServerConnection } from '@jupyterlab/services';

export function hasJupyterServer(python: string): boolean {
  return spawnSync(python, ['-c', 'import jupyter_server']).status === 0;
}

/** A stock jupyter_server on loopback, with a token and a directory of its own. */
export class JupyterServer implements AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly token: string;
  /** The working folder of its kernels. */
  readonly folder: string;
  /** Where it looks for kernelspecs. */
  readonly dataFolder: string;
  readonly #stop: () => Promise<void>;
  readonly #settings: ServerConnection.ISettings;

  /**
   * Resolves when it answers.
   *
   * @param env variables for the server and its kernels
   */
  static async start(python: string, env: Readonly<Record<string, string>> = {}): Promise<JupyterServer> {
    const directory = realpathSync(mkdtempSync(join(tmpdir(), 'eager-bench-')));
    const folder = join(directory, 'work');
    mkdirSync(folder);
    const token = randomUUID();
    const address = `127.0.0.1:${await freePort()}`;
    const [, port = ''] = address.split(':');
    const options = [
      '--no-browser',
      '--allow-root',
      '--ip=127.0.0.1',
      `--port=${port}`,
      '--ServerApp.port_retries=0',
    ];
    const server = spawn(python, ['-m', 'jupyter_server', ...options, `--ServerApp.root_dir=${folder}`], {
      cwd: folder,
      env: {
        ...process.env,
        ...env,
        JUPYTER_TOKEN: token,
        JUPYTER_CONFIG_DIR: directory,
        JUPYTER_DATA_DIR: directory,
      },
      stdio: 'ignore',
    });
    const stop = async () => {
      if (server.exitCode === null) {
        server.kill('SIGTERM');
        await once(server, 'exit');
      }
      rmSync(directory, { recursive: true, force: true });
    };
    while (!(await answers(`http://${address}/api/status?token=${token}`))) {
      if (server.exitCode !== null) {
        await stop();
        throw new Error(`jupyter_server ended with exit code ${server.exitCode} before it answered.`);
      }
      await delay(10);
    }
    return new JupyterServer(Number(port), token, folder, directory, stop);
  }

  private constructor(
    port: number,
    token: string,
    folder: string,
    dataFolder: string,
    stop: () => Promise<void>,
  ) {
    this.port = port;
    this.url = `http://127.0.0.1:${port}/`;
    this.token = token;
    this.#settings = ServerConnection.makeSettings({
      baseUrl: this.url,
      wsUrl: `ws://127.0.0.1:${port}/`,
      token,
    });
    this.folder = folder;
    this.dataFolder = dataFolder;
    this.#stop = stop;
  }

  /** A kernel as @jupyterlab/services alone gives it. Disposing ends it. */
  async stockKernel(): Promise<StockKernel> {
    const { debug } = console;
    // The library logs the life of each connection.
    console.debug = () => {};
    const manager = new KernelManager({ serverSettings: this.#settings });
    const connection = await manager.startNew({ name: 'python3' });
    await connection.info;
    return {
      request: async (code) => {
        await connection.requestExecute({ code, allow_stdin: false }).done;
      },
      [Symbol.asyncDispose]: async () => {
        await connection.shutdown();
        connection.dispose();
        manager.dispose();
        console.debug = debug;
      },
    };
  }

  /** Starts a kernel through the REST API, runs one cell over its WebSocket, and ends the kernel. */
  async firstResult(onResult: () => void): Promise<void> {
    await using kernel = await this.stockKernel();
    await kernel.request('x = 1');
    onResult();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop();
  }
}

/** A kernel without anything of ours. */
export interface StockKernel extends AsyncDisposable {
  /** Runs code by an `execute_request` of its own, and waits for its end. */
  request(code: string): Promise<void>;
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('A TCP server has a port.');
  return address.port;
}
