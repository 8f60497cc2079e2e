import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { python } from '../../../../test/python.js';
import { Channels } from './channels.js';
import { launchPython } from './launch.js';
import { KernelProcess } from './process.js';

const never = new AbortController().signal;

it('lets the kernel choose its ports where unix sockets cannot be used', async () => {
  const kernel = await KernelProcess.start(launchPython({ python }), 'tcp');
  const channels = await Channels.open(kernel, never);
  expect(await kernel.folder.address('shell', never)).toEqual({
    host: '127.0.0.1',
    port: expect.any(Number),
  });
  await kernel.stop({
    shutdown: () => channels.requestShutdown(),
    interrupt: () => channels.requestInterrupt(),
  });
  channels.close();
});

it('finds a shorter place for its sockets when the temporary directory has a long name', async () => {
  const temporary = mkdtempSync(join(tmpdir(), 'e-'));
  const long = join(temporary, 'x'.repeat(100));
  mkdirSync(long);
  vi.stubEnv('TMPDIR', long);
  const kernel = await KernelProcess.start(launchPython({ python: 'sleep' }));
  vi.unstubAllEnvs();
  expect(await kernel.folder.address('shell', never)).toEqual({
    path: expect.stringMatching(/^\/tmp\/eager-\w+\/socket-1$/),
  });
  expect(readdirSync(long)).toEqual([]);
  kernel.killNow();
  rmSync(temporary, { recursive: true });
});
