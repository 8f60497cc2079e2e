import { Server, type ServerOptions } from './server.js';

/** A kernel that runs on a server. */
export interface RunningKernel {
  readonly id: string;
  /** Of its kernelspec. */
  readonly name: string;
  /** `idle`, `busy`, `starting`, … as the server last heard. */
  readonly state: string;
  /** When it last did something, in ISO 8601; undefined where the server does not say. */
  readonly lastActivity: string | undefined;
  /** How many clients are connected to it; undefined where the server does not say. */
  readonly connections: number | undefined;
  /** The notebook, relative to the server's root, whose session it serves; undefined when there is none. */
  readonly notebook: string | undefined;
}

/** A kind of kernel that a server can start. */
export interface KernelSpec {
  readonly name: string;
  readonly displayName: string;
  readonly language: string;
  /** Whether the server starts this one when none is named. */
  readonly isDefault: boolean;
}

/**
 * The kernels that run on a server.
 *
 * @throws {KernelError} when the server cannot be reached, refuses, or, as gateways do by default, does not list them.
 */
export function listKernels(options: ServerOptions): Promise<RunningKernel[]> {
  return kernelsOn(new Server(options));
}

/** The kernelspecs of a server, the default first, then by name. */
export function listKernelSpecs(options: ServerOptions): Promise<KernelSpec[]> {
  return kernelSpecsOn(new Server(options));
}

export async function kernelsOn(server: Server): Promise<RunningKernel[]> {
  const [kernels, sessions] = await Promise.all([
    server.get<KernelModel[]>('api/kernels'),
    sessionsOn(server).catch(() => []), // Not every gateway has them.
  ]);
  const notebooks = new Map(sessions.map(({ kernel, path }) => [kernel?.id, path]));
  return kernels.map((model) => ({
    id: model.id,
    name: model.name,
    state: model.execution_state ?? 'unknown',
    lastActivity: model.last_activity,
    connections: model.connections,
    notebook: notebooks.get(model.id),
  }));
}

export async function kernelSpecsOn(server: Server): Promise<KernelSpec[]> {
  const { default: byDefault, kernelspecs } = await server.get<KernelSpecs>('api/kernelspecs');
  return Object.entries(kernelspecs)
    .map(([name, { spec }]) => ({
      name,
      displayName: spec?.display_name ?? name,
      language: spec?.language ?? '',
      isDefault: name === byDefault,
    }))
    .sort((a, b) => Number(b.isDefault) - Number(a.isDefault) || a.name.localeCompare(b.name));
}

export function sessionsOn(server: Server): Promise<SessionModel[]> {
  return server.get('api/sessions');
}

/** @see https://jupyter-server.readthedocs.io/en/latest/developers/rest-api.html */
export interface KernelModel {
  readonly id: string;
  readonly name: string;
  readonly execution_state?: string;
  readonly last_activity?: string;
  readonly connections?: number;
}

export interface SessionModel {
  readonly id: string;
  readonly path: string;
  readonly name: string;
  readonly kernel?: KernelModel | null;
}

interface KernelSpecs {
  readonly default: string;
  readonly kernelspecs: Readonly<
    Record<string, { readonly spec?: { readonly display_name?: string; readonly language?: string } }>
  >;
}
