import { NotFoundError, noSuchKernel, noSuchKernelspec, noSuchSession } from './errors.js';
import { type KernelModel, kernelSpecsOn, kernelsOn, sessionsOn } from './listing.js';
import type { Server } from './server.js';

/** Which kernel of a server to run programs on. */
export type KernelChoice =
  /** A new one, which ends when it is disposed of. */
  | {
      readonly kernelName?: string | undefined;
      /** Its working directory, relative to the server's root; by default the server's choice. */
      readonly path?: string | undefined;
      /**
       * Environment variables for it. Gateways take those that begin with `KERNEL_`, such as `KERNEL_USERNAME`, and those
       * that they are told to; a jupyter_server takes none.
       */
      readonly env?: Readonly<Record<string, string>> | undefined;
      readonly kernelId?: undefined;
      readonly session?: undefined;
    }
  /** One that runs. It stays when this client leaves, and may serve others at the same time. */
  | { readonly kernelId: string; readonly session?: undefined }
  /** The kernel of an open notebook: the notebook's path, relative to the server's root, or the session's id. */
  | { readonly session: string; readonly kernelId?: undefined };

export interface ChosenKernel {
  readonly model: KernelModel;
  /** Whether it was started here, and so ends here. */
  readonly isOurs: boolean;
}

/**
 * Starts the kernel, or finds the one that runs.
 *
 * @throws {KernelError} that lists what there is when what was asked for is not there.
 */
export async function chooseKernel(
  server: Server,
  choice: KernelChoice,
  startTimeoutMs: number,
): Promise<ChosenKernel> {
  if (choice.kernelId !== undefined) return { model: await running(server, choice.kernelId), isOurs: false };
  if (choice.session !== undefined) return { model: await ofSession(server, choice.session), isOurs: false };
  return { model: await started(server, choice, startTimeoutMs), isOurs: true };
}

async function started(
  server: Server,
  { kernelName: name, path, env }: Exclude<KernelChoice, { kernelId: string } | { session: string }>,
  startTimeoutMs: number,
): Promise<KernelModel> {
  // Servers answer a wrong name with anything from 400 to 500, some after a long time.
  if (name !== undefined) {
    const specs = await kernelSpecsOn(server);
    if (!specs.some((spec) => spec.name === name)) {
      throw noSuchKernelspec(
        server.url.href,
        name,
        specs.map((spec) => spec.name),
      );
    }
  }
  const content = {
    ...(name !== undefined && { name }),
    ...(path !== undefined && { path }),
    ...(env && { env }),
  };
  return server.post('api/kernels', content, startTimeoutMs);
}

async function running(server: Server, id: string): Promise<KernelModel> {
  try {
    return await server.get(`api/kernels/${encodeURIComponent(id)}`);
  } catch (error) {
    // What is no UUID matches no route of the server, which then answers with a page.
    const isElsewhere = error instanceof NotFoundError || !UUID.test(id);
    if (!isElsewhere) throw error;
    const others = await kernelsOn(server).catch(() => undefined);
    throw noSuchKernel(
      server.url.href,
      id,
      others?.map((kernel) => kernel.id),
    );
  }
}

async function ofSession(server: Server, session: string): Promise<KernelModel> {
  const sessions = await sessionsOn(server);
  const path = session.replace(/^\/+/, '');
  const found = sessions.find((one) => one.id === session || one.path === path);
  if (!found?.kernel) {
    throw noSuchSession(
      server.url.href,
      session,
      sessions.map((one) => one.path || one.name),
    );
  }
  return found.kernel;
}

/** What kernel ids look like, and names of kernelspecs do not. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
