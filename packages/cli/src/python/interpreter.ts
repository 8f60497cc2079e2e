import { MINIMUM_PYTHON } from './packages.js';
import { runSubprocess, type SubprocessOptions } from './subprocess.js';
import { compareVersions } from './version.js';

/** What an interpreter says about itself. */
export interface Interpreter {
  /** `sys.executable`: the interpreter behind a launcher or a version manager's shim. */
  readonly executable: string;
  /** `3.11.7`. */
  readonly version: string;
  /** The versions of the distributions that were asked for; absent when not installed. */
  readonly packages: ReadonlyMap<string, string>;
  /** Which of `pip`, `venv`, `ensurepip` and `ipykernel` can be found. */
  readonly modules: ReadonlySet<string>;
  /** The operating system owns its packages, so pip refuses to install into it (PEP 668). */
  readonly externallyManaged: boolean;
}

/** Why a command is no interpreter for us; `detail` is what it printed. */
export type ProbeFailure = { readonly failure: 'not-started' | 'failed'; readonly detail: string };

/** Commands under which an interpreter is looked for, in this order. */
export function interpreterCommands(platform: NodeJS.Platform): [string, ...string[]][] {
  const minors = [14, 13, 12, 11, 10];
  const commands: [string, ...string[]][] = [
    ['python3'],
    ...minors.map((minor): [string] => [`python3.${minor}`]),
    ['python'],
  ];
  return platform === 'win32' ? [['py', '-3'], ['python'], ['python3']] : commands;
}

/** Asks an interpreter about itself. Costs one start of Python, about 60 ms; imports nothing that is installed. */
export async function probe(
  command: readonly [string, ...string[]],
  distributions: readonly string[],
  options: SubprocessOptions,
): Promise<Interpreter | ProbeFailure> {
  const result = await runSubprocess([...command, '-c', PROBE, ...distributions], options);
  if (result.status === 'not-started') return { failure: 'not-started', detail: result.output };
  const interpreter = result.code === 0 ? parseProbe(result.stdout) : undefined;
  return interpreter ?? { failure: 'failed', detail: result.output.trim() };
}

export function isRecent(interpreter: Interpreter): boolean {
  return compareVersions(interpreter.version, MINIMUM_PYTHON) >= 0;
}

// It must run on Python 2, too, to learn that it is one, and must not import modules of the current directory.
const PROBE = `
import sys
sys.path[:] = [p for p in sys.path if p]
import json
result = {"executable": sys.executable, "version": "%d.%d.%d" % sys.version_info[:3]}
if sys.version_info >= (3, 10):
    import os, sysconfig
    from importlib import metadata, util
    def version(name):
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            return None
    result["packages"] = {name: version(name) for name in sys.argv[1:]}
    result["modules"] = [m for m in ("pip", "venv", "ensurepip", "ipykernel") if util.find_spec(m)]
    marker = os.path.join(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED")
    result["externallyManaged"] = sys.prefix == sys.base_prefix and os.path.exists(marker)
print(json.dumps(result))
`;

interface ProbeAnswer {
  readonly executable: string;
  readonly version: string;
  readonly packages?: Readonly<Record<string, string | null>>;
  readonly modules?: readonly string[];
  readonly externallyManaged?: boolean;
}

/** Reads the probe's answer: the last line that it printed, since a `sitecustomize` may print before it. */
export function parseProbe(stdout: string): Interpreter | undefined {
  const answer = parseAnswer(stdout.trimEnd().split('\n').at(-1) ?? '');
  if (answer === undefined) return undefined;
  const installed = Object.entries(answer.packages ?? {}).filter(
    (entry): entry is [string, string] => entry[1] !== null,
  );
  return {
    executable: answer.executable,
    version: answer.version,
    packages: new Map(installed),
    modules: new Set(answer.modules),
    externallyManaged: answer.externallyManaged ?? false,
  };
}

function parseAnswer(line: string): ProbeAnswer | undefined {
  try {
    const answer: Partial<ProbeAnswer> | null = JSON.parse(line);
    const { executable, version } = answer ?? {};
    return typeof executable === 'string' && typeof version === 'string'
      ? { ...answer, executable, version }
      : undefined;
  } catch {
    return undefined;
  }
}
