import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { NetConnectOpts } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Channel } from './wire.js';

/** Unix sockets, which only the user can open, where they exist; else TCP on loopback, guarded by the key alone. */
export type Transport = 'ipc' | 'tcp';

type Ports = Readonly<Record<`${Channel | 'hb'}_port`, number>>;

export const onWindows = process.platform === 'win32';

/** `sun_path` holds 104 bytes on macOS and 108 on Linux, the final zero included. */
const maxSocketPathBytes = 100;

/**
 * A kernel's private folder: mode 0700, with its connection file, of mode 0600, and its sockets.
 *
 * @see https://jupyter-client.readthedocs.io/en/stable/kernels.html#connection-files
 */
export class KernelFolder {
  readonly path: string;
  readonly connectionFile: string;
  /** What messages are signed with. */
  readonly key = randomBytes(32).toString('hex');
  readonly #transport: Transport;

  constructor(transport: Transport = onWindows ? 'tcp' : 'ipc') {
    this.#transport = transport;
    this.path = makePrivateFolder();
    this.connectionFile = join(this.path, 'connection.json');
    const ip = transport === 'ipc' ? socketPrefix(this.path) : '127.0.0.1';
    const ports = transport === 'ipc' ? ipcPorts : anyPorts;
    const info = { transport, ip, ...ports, key: this.key, ...signing };
    writeFileSync(this.connectionFile, JSON.stringify(info), { mode: 0o600 });
  }

  /** Where a channel listens, or will. Over TCP the kernel chooses its ports and writes them to the connection file. */
  async address(channel: Channel, signal: AbortSignal): Promise<NetConnectOpts> {
    const name = `${channel}_port` as const;
    if (this.#transport === 'ipc') return { path: `${socketPrefix(this.path)}-${ipcPorts[name]}` };
    for (;;) {
      const port = this.#readPorts()?.[name];
      if (port) return { host: '127.0.0.1', port };
      await delay(5, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }

  /** Removes it with all that it holds; does nothing when it is gone. */
  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  /** Undefined while the kernel is rewriting the file. */
  #readPorts(): Partial<Ports> | undefined {
    try {
      return JSON.parse(readFileSync(this.connectionFile, 'utf8')) as Partial<Ports>;
    } catch {
      return undefined;
    }
  }
}

const signing = { signature_scheme: 'hmac-sha256', kernel_name: 'python3' };
const ipcPorts: Ports = { shell_port: 1, iopub_port: 2, stdin_port: 3, control_port: 4, hb_port: 5 };
const anyPorts: Ports = { shell_port: 0, iopub_port: 0, stdin_port: 0, control_port: 0, hb_port: 0 };

/** ipykernel's "ip": an ipc socket is named by it, a dash and its port number. */
const socketPrefix = (folder: string): string => join(folder, 'socket');

/** Made with mode 0700, below a parent whose name is short enough for a socket's. */
function makePrivateFolder(): string {
  const fits = (parent: string): boolean =>
    Buffer.byteLength(`${socketPrefix(join(parent, 'eager-XXXXXX'))}-0`) <= maxSocketPathBytes;
  const parent = onWindows || fits(tmpdir()) ? tmpdir() : '/tmp';
  return mkdtempSync(join(parent, 'eager-'));
}
