import { execFileSync } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What programs can change, and how to see whether they have: folders with canary files, and servers on loopback. */
export class World implements AsyncDisposable {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'gate-')));
  readonly #tcp: Server;
  readonly #udp: Socket;
  #folder = this.root;
  #connections = 0;
  #heard = false;
  #datagrams = 0;

  private constructor() {
    this.#tcp = createServer((socket) => {
      this.#connections++;
      socket.on('error', () => {});
      socket.on('data', (data) => {
        this.#heard = true;
        if (data.toString('latin1').startsWith('GET ')) socket.end(ANSWER);
      });
    });
    this.#udp = createSocket('udp4', () => {
      this.#datagrams++;
    });
  }

  static async open(): Promise<World> {
    const world = new World();
    world.#tcp.listen(0, '127.0.0.1');
    world.#udp.bind(0, '127.0.0.1');
    await Promise.all([once(world.#tcp, 'listening'), once(world.#udp, 'listening')]);
    return world;
  }

  /** Makes a fresh folder the world of the next program, and forgets who has called so far. */
  begin(name: string): string {
    this.#folder = join(this.root, name.replace(/\W+/g, '-'));
    mkdirSync(join(this.#folder, 'folder'), { recursive: true });
    for (const [path, text] of Object.entries(CANARIES)) writeFileSync(join(this.#folder, path), text);
    this.#connections = this.#datagrams = 0;
    this.#heard = false;
    return this.#folder;
  }

  /** The program with the addresses of this world in it. */
  fill(program: string): string {
    const port = (this.#tcp.address() as AddressInfo).port;
    return program.replaceAll('{port}', `${port}`).replaceAll('{udp}', `${this.#udp.address().port}`);
  }

  /** Everything that a program may have changed, as text that can be compared. */
  async state(): Promise<string> {
    // What a program has sent may still be on its way through this process.
    await new Promise((resolve) => setTimeout(resolve, 2));
    const network = `connections ${this.#connections} ${this.#heard ? 'heard' : 'silent'}, datagrams ${this.#datagrams}`;
    return [...entries(this.#folder, ''), network].join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#udp.close();
    this.#tcp.close();
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Processes that a process has started and that still live. */
export function childrenOf(pid: number): string[] {
  return execFileSync('ps', ['-A', '-o', 'ppid=,pid=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => Number.parseInt(line, 10) === pid)
    .map((line) => line.trim())
    .filter((line) => !line.includes('ps -A'));
}

const CANARIES = {
  'data.csv': 'a,b\n1,2\n3,4\n',
  'keep.txt': 'keep\n',
  'script.py': 'open("out.txt", "w").write("x")\n',
  'folder/inner.txt': 'inner\n',
};

const BODY = 'a,b\n1,2\n';
const ANSWER = `HTTP/1.0 200 OK\r\nContent-Type: text/csv\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`;

/** A line for each file: its name without what is random in it, kind, mode, time if a program set it, and content. */
function entries(folder: string, prefix: string): string[] {
  return readdirSync(folder)
    .toSorted()
    .flatMap((name) => {
      const path = join(folder, name);
      const stat = lstatSync(path);
      const shownName = prefix + name.replace(/^out\w{8}$/, 'out*');
      const line = `${shownName} ${stat.mode.toString(8)}${stat.mtimeMs < 1e9 ? ` of ${stat.mtimeMs}` : ''}`;
      if (stat.isDirectory()) return [line, ...entries(path, `${shownName}/`)];
      if (stat.isSymbolicLink()) return [`${line} to ${readlinkSync(path)}`];
      if (!stat.isFile()) return [line];
      // Archives and pictures hold the time at which they were written.
      const isText = /\.(txt|csv|json|ini|log)$/.test(name);
      return [`${line} ${isText ? JSON.stringify(readFileSync(path, 'utf8')) : `${stat.size} bytes`}`];
    });
}
