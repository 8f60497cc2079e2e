import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv, execPath } from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { remoteKernel } from '@eager/execution';
import { median, row, runOneByOne, takeTurns, verdict, type Way, way } from './chunk-times.js';

/** A chunk over a slow link takes its time. */
const CHUNKS_PER_ROUND = 10;
/** What the project promises, in round trips a batch: one, and what the work itself takes. */
const TARGET_ROUND_TRIPS = 1.25;
const SERVER = { host: '10.77.0.2', port: '8888', token: 'slow' } as const;
const CANNOT_BE_MADE = 3;

/** Prints what a batch of one chunk costs on a jupyter_server on another "host". @see slow_link.py */
export function slowLinkBench(python: string, roundTripMs: number): void {
  const directory = mkdtempSync(join(tmpdir(), 'eager-link-'));
  const script = fileURLToPath(new URL('../python/slow_link.py', import.meta.url));
  const server = [
    ...[python, '-m', 'jupyter_server', '--no-browser', '--allow-root', '--log-level=CRITICAL'],
    ...[`--ip=${SERVER.host}`, `--port=${SERVER.port}`, `--ServerApp.root_dir=${directory}`],
  ];
  const client = [execPath, fileURLToPath(import.meta.url), `${roundTripMs}`];
  const link = [python, script, `${roundTripMs / 2}`, ...server, '--', ...client];
  const { status, error } = spawnSync('unshare', ['--user', '--map-root-user', '--net', ...link], {
    stdio: ['ignore', 'inherit', 'ignore'],
    env: {
      ...process.env,
      ...{ JUPYTER_TOKEN: SERVER.token, JUPYTER_CONFIG_DIR: directory, JUPYTER_DATA_DIR: directory },
      JUPYTER_RUNTIME_DIR: directory,
    },
  });
  rmSync(directory, { recursive: true, force: true });
  if (error || status === CANNOT_BE_MADE || status === 1) {
    console.log('(a slow link needs network namespaces and /dev/net/tun, which are not to be had here)');
  }
}

async function measure(roundTripMs: number): Promise<void> {
  const url = `http://${SERVER.host}:${SERVER.port}/`;
  while (!(await fetch(`${url}api/status?token=${SERVER.token}`).catch(() => undefined))) await delay(100);
  await using kernel = remoteKernel({ url, token: SERVER.token });
  console.log(`\ntime a batch of one chunk, ${roundTripMs} ms away, ms`);
  const ways: readonly Way[] = ['x = 1', 'print(1)'].map((code) =>
    way(`streamed cell, ${code}`, (count) => runOneByOne(kernel, `${code}\n`, count)),
  );
  await takeTurns(ways, 2, CHUNKS_PER_ROUND);
  for (const { name, times } of ways) {
    row(name, times);
    const trips = median(times) / roundTripMs;
    verdict(name, `${trips.toFixed(2)} round trips`, `${TARGET_ROUND_TRIPS}`, trips <= TARGET_ROUND_TRIPS);
  }
}

if (argv[1] === fileURLToPath(import.meta.url)) await measure(Number(argv[2]));
