import { type KernelSpec, listKernelSpecs, listKernels, type RunningKernel } from '@eager/execution';
import { CommandError, EXIT } from '../exit-codes.js';
import { checkServerFlags, type ServerFlags, serverAccess } from '../server-options.js';

/** `eager kernels --server URL`: what runs on a server, and what can be started there. */
export async function kernelsCommand(flags: ServerFlags & { json?: boolean }): Promise<number> {
  if (flags.server === undefined) {
    throw new CommandError('Name a Jupyter server: eager kernels --server URL.', EXIT.usage);
  }
  checkServerFlags(flags);
  const access = await serverAccess(flags);
  const specs = await listKernelSpecs(access);
  // Gateways do not list their kernels, unless they are told to.
  const kernels = await listKernels(access).catch(() => {
    process.stderr.write('eager: the server does not list its running kernels.\n');
    return [];
  });
  process.stdout.write(flags.json ? toLines(kernels, specs) : toTables(kernels, specs));
  return EXIT.ok;
}

function toLines(kernels: readonly RunningKernel[], specs: readonly KernelSpec[]): string {
  const lines = [
    ...kernels.map((kernel) => ({ v: 1, type: 'kernel', ...kernel })),
    ...specs.map((spec) => ({ v: 1, type: 'kernelspec', ...spec })),
  ];
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

function toTables(kernels: readonly RunningKernel[], specs: readonly KernelSpec[]): string {
  const running = table(
    ['running kernel', 'kernelspec', 'state', 'clients', 'last activity', 'notebook'],
    kernels.map(({ id, name, state, connections, lastActivity, notebook }) => [
      ...[id, name, state, String(connections ?? ''), lastActivity?.slice(0, 19) ?? '', notebook ?? ''],
    ]),
  );
  const startable = table(
    ['kernelspec', 'language', 'display name'],
    specs.map(({ name, language, displayName, isDefault }) => [
      ...[isDefault ? `${name} (default)` : name, language, displayName],
    ]),
  );
  return kernels.length === 0 ? `No running kernels.\n\n${startable}` : `${running}\n${startable}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(...[head, ...rows].map((row) => (row[column] ?? title).length)),
  );
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}
