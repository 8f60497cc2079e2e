import {
  type ConnectionState,
  embeddedKernel,
  ForkServer,
  type Kernel,
  remoteKernel,
} from '@eager/execution';
import { catchError, concatMap, EMPTY, map, merge, type Observable, pairwise, startWith } from 'rxjs';
import { type LaunchFlags, launchChoice, namesPython } from './launch-options.js';
import { choosePython, type PythonOptions } from './python-options.js';
import { type KernelFlags, kernelChoice, type ServerFlags, serverAccess } from './server-options.js';

/** Where a command runs its program: the options that `run` and `compare` share. */
export interface KernelOptions extends PythonOptions, ServerFlags, KernelFlags, LaunchFlags {}

/** A kernel as a command has chosen it. Disposing of the kernel is the caller's part. */
export interface Opened {
  readonly kernel: Kernel;
  /** The version of its Python, such as `3.11.7`, for the metadata of a notebook. */
  readonly pythonVersion: () => Promise<string>;
  /** Lines that tell the user how it stands with the kernel and the connection to it. */
  readonly notices$: Observable<string>;
}

/**
 * Opens the kernel that the options name. It starts while the caller goes on.
 *
 * @param env variables for its process, where that is ours to start
 */
export async function openKernel(
  options: KernelOptions,
  signal: AbortSignal,
  env: Readonly<Record<string, string>> = {},
): Promise<Opened> {
  if (options.server !== undefined) return onServer(options, env);
  const hasItsOwn = options.launch !== undefined && !namesPython(options.launch);
  const { python, version } = hasItsOwn
    ? { python: 'python3', version: '3' }
    : await choosePython(options, signal);
  const kernel = options.preload
    ? preloadedKernel(python, options.preload, env)
    : embeddedKernel({ python, env, ...launchChoice(options) });
  return { kernel, pythonVersion: async () => version, notices$: noticesOf(kernel) };
}

/** A kernel of a fork server that is there for it alone. */
function preloadedKernel(
  python: string,
  preload: readonly string[],
  env: Readonly<Record<string, string>>,
): Kernel {
  const forkServer = new ForkServer({ python, preload, env });
  const kernel = embeddedKernel({ python, forkServer });
  return {
    status$: kernel.status$,
    notices$: kernel.notices$,
    run: (chunks$, options) => kernel.run(chunks$, options),
    runWhole: (program, options) => kernel.runWhole(program, options),
    interrupt: () => kernel.interrupt(),
    [Symbol.asyncDispose]: async () => {
      await kernel[Symbol.asyncDispose]();
      await forkServer[Symbol.asyncDispose]();
    },
  };
}

async function onServer(options: KernelOptions, env: Readonly<Record<string, string>>): Promise<Opened> {
  const kernel = remoteKernel({ ...(await serverAccess(options)), ...kernelChoice(options, env) });
  const connection$ = kernel.connection$.pipe(
    startWith<ConnectionState>({ type: 'connecting' }),
    pairwise(),
    map(([before, state]) => noticeOf(before, state)),
    concatMap((notice) => (notice === undefined ? EMPTY : [notice])),
    catchError(() => EMPTY), // The run itself fails with it.
  );
  return {
    kernel,
    pythonVersion: () => kernel.pythonVersion(),
    notices$: merge(connection$, noticesOf(kernel)),
  };
}

function noticesOf(kernel: Kernel): Observable<string> {
  return kernel.notices$.pipe(map(({ message }) => message));
}

function noticeOf(before: ConnectionState, state: ConnectionState): string | undefined {
  if (state.type === 'reconnecting' && before.type !== 'reconnecting') {
    return `The connection to the kernel broke (${state.reason}). The program goes on; connecting again …`;
  }
  if (state.type !== 'connected') return undefined;
  if (before.type === 'reconnecting') {
    return `Connected again after ${((Date.now() - before.since) / 1000).toFixed(1)} s.`;
  }
  return state.isBusyWithOthers
    ? "The kernel runs another client's program; this one waits for its turn."
    : undefined;
}
