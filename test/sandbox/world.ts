import { type ChildProcessByStdio, spawn } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { python } from '../python.js';

/** What a program in a sandbox must leave alone: files, processes and sockets, all of them made by the test. */
export class World {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'sb-')));
  readonly home = join(this.root, 'home');
  readonly work = join(this.root, 'work');
  /** For the kernels' own folders. */
  readonly temporary = join(this.root, 'tmp');
  readonly #outside = join(this.root, 'outside');
  readonly #socket = join(this.root, 'listener');
  readonly #abstract = `eager-test-${process.pid}`;
  readonly #listener: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;
  #port = 0;

  constructor() {
    mkdirSync(this.temporary);
    this.#restoreFiles();
    const args = ['-uc', LISTEN, this.#socket, this.#abstract];
    this.#listener = spawn(python, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.#listener.stdout })[Symbol.asyncIterator]();
  }

  async listen(): Promise<void> {
    this.#port = await this.#number();
  }

  /** The names that an attempt may use. */
  get names(): string {
    const names = {
      OUTSIDE: this.#outside,
      HOME: this.home,
      WORK: this.work,
      HOST: process.pid,
      PORT: this.#port,
      SOCKET: this.#socket,
      ABSTRACT: this.#abstract,
    };
    const lines = Object.entries(names).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
    return [...lines, 'import os as _os, sys as _sys', 'FOLDER = _os.path.dirname(_sys.argv[2])'].join('\n');
  }

  /** Makes it as it was. */
  async restore(): Promise<void> {
    this.#restoreFiles();
    await this.#connections();
  }

  /** What has become of it since then; equal to `untouched` unless somebody did something. */
  async state(): Promise<unknown> {
    const folders = Object.keys(FILES).map((folder) => {
      const path = join(this.root, folder);
      const files = readdirSync(path).map((name) => [name, readFileSync(join(path, name), 'utf8')]);
      return [folder, Object.fromEntries(files)];
    });
    return { files: Object.fromEntries(folders), connections: await this.#connections() };
  }

  readonly untouched = { files: FILES, connections: 0 };

  close(): void {
    this.#listener.kill();
    rmSync(this.root, { recursive: true, force: true });
  }

  #restoreFiles(): void {
    for (const [folder, files] of Object.entries(FILES)) {
      rmSync(join(this.root, folder), { recursive: true, force: true });
      mkdirSync(join(this.root, folder));
      for (const [name, text] of Object.entries(files)) writeFileSync(join(this.root, folder, name), text);
    }
  }

  /** How many there were since the last time that this was asked. */
  #connections(): Promise<number> {
    this.#listener.stdin.write('\n');
    return this.#number();
  }

  async #number(): Promise<number> {
    return Number((await this.#lines.next()).value);
  }
}

/**
 * Prints its port. For each line that it reads it takes the connections that have been made in the meantime, which the
 * system keeps for it, and prints how many they are: so none is counted late.
 */
const LISTEN = `
import socket, sys
servers = [socket.create_server(("127.0.0.1", 0))]
for address in sys.argv[1], "\\0" + sys.argv[2]:
    servers.append(socket.socket(socket.AF_UNIX))
    servers[-1].bind(address)
    servers[-1].listen()
print(servers[0].getsockname()[1])
for _ in sys.stdin:
    count = 0
    for server in servers:
        server.setblocking(False)
        try:
            while True:
                server.accept()
                count += 1
        except BlockingIOError:
            pass
    print(count)
`;

const FILES = {
  home: { secret: 'secret' },
  outside: { canary: 'alive' },
  work: { 'data.csv': 'x,y\n1,2\n' },
};
