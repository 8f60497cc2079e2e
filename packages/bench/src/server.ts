import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
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
  readonly #stop: () => Promise<void>;
  readonly #settings: ServerConnection.ISettings;

  /** Resolves when it answers. */
  static async start(python: string): Promise<JupyterServer> {
    const directory = mkdtempSync(join(tmpdir(), 'eager-bench-'));
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
    const server = spawn(python, ['-m', 'jupyter_server', ...options, `--ServerApp.root_dir=${directory}`], {
      env: {
        ...process.env,
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
    const settings = { baseUrl: `http://${address}/`, wsUrl: `ws://${address}/`, token };
    return new JupyterServer(ServerConnection.makeSettings(settings), stop);
  }

  private constructor(settings: ServerConnection.ISettings, stop: () => Promise<void>) {
    this.#settings = settings;
    this.#stop = stop;
  }

  /** Starts a kernel through the REST API, runs one cell over its WebSocket, and ends the kernel. */
  async firstResult(onResult: () => void): Promise<void> {
    const { debug } = console;
    // The library logs the life of each connection.
    console.debug = () => {};
    try {
      const manager = new KernelManager({ serverSettings: this.#settings });
      const connection = await manager.startNew({ name: 'python3' });
      await connection.requestExecute({ code: 'x = 1' }).done;
      onResult();
      await connection.shutdown();
      connection.dispose();
      manager.dispose();
    } finally {
      console.debug = debug;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop();
  }
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
