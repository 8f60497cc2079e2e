import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { embeddedKernel, type Kernel, remoteKernel } from '@eager/execution';
import { hasJupyterServer, JupyterServer } from '../server.js';
import { TcpProxy } from '../tcp-proxy.js';

/** Where the kernels of a round run. */
export interface Environment extends AsyncDisposable {
  readonly name: EnvironmentName;
  /** The interpreter of its kernels. */
  readonly python: string;
  /** Their working folder. */
  readonly folder: string;
  /** Variables that a process which stands in for a kernel has to have, too. */
  readonly env: Readonly<Record<string, string>>;
  /** How to reach its server, where it has one. */
  readonly server?: { readonly url: string; readonly token: string };
  /**
   * A new kernel, which starts while the caller goes on.
   *
   * @param stdin `refused`: a kernel on which nothing can ask its client for anything, as some are
   */
  openKernel(stdin?: 'refused'): Kernel;
}

export type EnvironmentName = 'embedded' | 'sandbox' | 'server' | 'delayed-server';

/** One way, in milliseconds. */
const NETWORK_DELAY_MS = 20;

export const ENVIRONMENTS: Readonly<
  Record<EnvironmentName, { readonly label: string; readonly about: string }>
> = {
  embedded: { label: 'embedded', about: 'a kernel that is a child of this process, over unix sockets' },
  sandbox: { label: 'sandbox', about: 'the same in bubblewrap, without network' },
  server: { label: 'jupyter_server', about: 'a stock jupyter_server over loopback' },
  'delayed-server': {
    label: `jupyter_server, ${NETWORK_DELAY_MS} ms away`,
    about: `the same behind a proxy that delays each way by ${NETWORK_DELAY_MS} ms`,
  },
};

/** The environments that this machine and this Python can have. */
export function environmentsFor(python: string): EnvironmentName[] {
  return [
    'embedded' as const,
    ...(spawnSync('bwrap', ['--version']).status === 0 ? (['sandbox'] as const) : []),
    ...(hasJupyterServer(python) ? (['server', 'delayed-server'] as const) : []),
  ];
}

/** Starts an environment. Disposing of it ends what it started. */
export async function startEnvironment(name: EnvironmentName, python: string): Promise<Environment> {
  switch (name) {
    case 'embedded':
      return local(name, python, {});
    case 'sandbox':
      return local(name, python, { sandbox: { writable: true } });
    case 'server':
      return onServer(name, python, 0);
    case 'delayed-server':
      return onServer(name, python, NETWORK_DELAY_MS);
  }
}

/** Leaves a folder with copies of these files, and nothing else. */
export function refill(folder: string, files: readonly string[]): void {
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true, force: true });
  for (const file of files) copyFileSync(file, join(folder, basename(file)));
}

/** Sets print in one order, whoever runs the program. */
const ENV = { PYTHONHASHSEED: '0' };

function local(
  name: EnvironmentName,
  python: string,
  options: Pick<Parameters<typeof embeddedKernel>[0], 'sandbox'>,
): Environment {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'eager-bench-')));
  const folder = join(root, 'work');
  mkdirSync(folder);
  const profile = profileWithoutStdin(root);
  return {
    ...{ name, python, folder, env: ENV },
    openKernel: (stdin) => {
      const env = stdin === 'refused' ? { ...ENV, IPYTHONDIR: profile } : ENV;
      return embeddedKernel({ python, cwd: folder, env, ...options });
    },
    [Symbol.asyncDispose]: async () => rmSync(root, { recursive: true, force: true }),
  };
}

async function onServer(name: EnvironmentName, python: string, delayMs: number): Promise<Environment> {
  const server = await JupyterServer.start(python, ENV);
  const kernelName = addKernelSpec(server.dataFolder, python, profileWithoutStdin(server.dataFolder));
  const proxy = delayMs > 0 ? await TcpProxy.start(server.port, delayMs) : undefined;
  const access = { url: `http://127.0.0.1:${(proxy ?? server).port}/`, token: server.token };
  return {
    ...{ name, python, folder: server.folder, env: ENV, server: access },
    openKernel: (stdin) => {
      return remoteKernel({ ...access, kernelName: stdin === 'refused' ? kernelName : 'python3' });
    },
    [Symbol.asyncDispose]: async () => {
      await proxy?.[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Makes an IPython folder whose kernels answer every question with an error. @returns its path */
function profileWithoutStdin(parent: string): string {
  const folder = join(parent, 'ipython');
  const startup = join(folder, 'profile_default/startup');
  mkdirSync(startup, { recursive: true });
  writeFileSync(join(startup, 'refuse_stdin.py'), REFUSE_STDIN);
  return folder;
}

const REFUSE_STDIN = `
def _refuse(*_):
    from IPython.core.error import StdinNotImplementedError
    raise StdinNotImplementedError("this kernel asks nobody")
get_ipython().kernel.raw_input = _refuse
del _refuse
`;

/** Lets a server start kernels with an IPython folder of their own. @returns the name of their kernelspec */
function addKernelSpec(dataFolder: string, python: string, ipythonFolder: string): string {
  const name = 'without-stdin';
  const folder = join(dataFolder, 'kernels', name);
  const spec = {
    argv: [python, '-m', 'ipykernel_launcher', '-f', '{connection_file}'],
    display_name: 'Python without stdin',
    language: 'python',
    env: { IPYTHONDIR: ipythonFolder },
  };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'kernel.json'), JSON.stringify(spec));
  return name;
}
