import { listKernelSpecs, listKernels, remoteKernel } from '@eager/execution';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TcpProxy } from '../../packages/bench/src/tcp-proxy.js';
import { preparePython } from '../../packages/cli/src/python/index.js';
import { runProgram, textOf } from '../../packages/execution/src/program.fixture.js';
import { JupyterServer, type ServerKind } from './jupyter-server.js';
import { failureOf, printed } from './runs.js';

/** Each in an environment of its own, for they need different versions of what they share. */
const GATEWAYS: readonly { readonly kind: ServerKind; readonly packages: readonly string[] }[] = [
  { kind: 'kernel_gateway', packages: ['jupyter-kernel-gateway==3.0.1', 'ipykernel>=6.29,<8'] },
  { kind: 'enterprise_gateway', packages: ['jupyter-enterprise-gateway==3.3.0', 'ipykernel==6.29.*'] },
];

/** Enterprise Gateway starts kernels for users, and none for root, who may be running the tests. */
const env = { KERNEL_USERNAME: 'somebody' };

/** The first time, the environment is installed. */
const INSTALL_TIMEOUT_MS = 300_000;

describe.each(GATEWAYS)('$kind', ({ kind, packages }) => {
  let gateway: JupyterServer;
  beforeAll(async () => {
    const { EAGER_PYTHON: _, ...environment } = process.env;
    const { python } = await preparePython({
      packages,
      env: environment,
      onProgress: (line) => console.error(line),
    });
    gateway = await JupyterServer.start({ kind, python });
  }, INSTALL_TIMEOUT_MS);
  afterAll(() => gateway?.[Symbol.asyncDispose]());

  test('starts a kernel of a named kernelspec, runs programs on it, and ends it', async () => {
    expect(await listKernelSpecs(gateway.access)).toContainEqual({
      ...{ name: 'python3', displayName: 'Python 3 (ipykernel)', language: 'python', isDefault: true },
    });
    await using kernel = remoteKernel({ ...gateway.access, kernelName: 'python3', env });
    expect(await printed(kernel, 'x = 6\nprint(x * 7)\n', { feed: 'one by one' })).toBe('42\n');
    expect((await runProgram(kernel, '1 / 0\n')).error?.ename).toBe('ZeroDivisionError');
    expect(textOf(await runProgram(kernel, 'print(input("?"))\n', { input: async () => 'hello' }))).toBe(
      'hello\n',
    );

    const kernelId = await kernel.id;
    await using again = remoteKernel({ ...gateway.access, kernelId });
    expect(await printed(again, 'print(x)\n')).toBe('6\n');
    await kernel[Symbol.asyncDispose]();
    expect(await failureOf(again)).toMatch(/^The server no longer has the kernel/);
  });

  test('loses nothing of a program when the connection is cut', async () => {
    await using proxy = await TcpProxy.start(gateway.port);
    await using kernel = remoteKernel({ ...gateway.access, url: `http://127.0.0.1:${proxy.port}/`, env });
    const outcome = await runProgram(kernel, 'for i in range(3000): print(i)\nprint("end")\n', {
      feed: 'one by one',
      onEvent: (event) => {
        if (event.type === 'started') proxy.cut();
      },
    });
    expect(textOf(outcome)).toBe(
      `${Array.from({ length: 3_000 }, (_, index) => `${index}\n`).join('')}end\n`,
    );
  });

  test('refuses what it must, and says so', async () => {
    await expect(listKernelSpecs({ ...gateway.access, token: 'wrong' })).rejects.toThrow(
      /refused the token \(40[13]\)/,
    );
    await using kernel = remoteKernel({ ...gateway.access, kernelName: 'spark' });
    expect(await failureOf(kernel)).toMatch(/has no kernelspec "spark"\. Its kernelspecs: .*python3/);
    // Unless they are told to, gateways do not list what runs on them.
    await expect(listKernels(gateway.access)).rejects.toThrow(/403|does not list/);
  });
});
