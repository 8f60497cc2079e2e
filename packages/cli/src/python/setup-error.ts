import { existsSync } from 'node:fs';
import type { Interpreter } from './interpreter.js';
import { MINIMUM_IPYKERNEL, MINIMUM_PYTHON } from './packages.js';

/** Where the reader sits, as far as commands that fix something differ. */
export type Host = 'debian' | 'linux' | 'macos' | 'windows';

export type SetupProblem =
  /** No interpreter, or only old ones, on PATH. */
  | { readonly kind: 'no-python'; readonly tooOld: readonly Interpreter[] }
  /** The interpreter that the user chose cannot be started, or is no Python. */
  | { readonly kind: 'unusable'; readonly python: string; readonly detail: string }
  | { readonly kind: 'too-old'; readonly python: string; readonly version: string }
  /** The chosen interpreter lacks packages: requirements such as `pandas>=2.1,<4`. */
  | {
      readonly kind: 'missing-packages';
      readonly python: string;
      readonly interpreter: Interpreter;
      readonly requirements: readonly string[];
    }
  /** There is no environment of ours yet, and none may be made. */
  | { readonly kind: 'not-prepared'; readonly parent: string }
  /** Python is there, but neither uv, nor pip, nor venv with ensurepip. */
  | { readonly kind: 'no-installer'; readonly interpreter: Interpreter }
  | {
      readonly kind: 'install-failed';
      readonly cause: InstallFailure;
      readonly command: string;
      readonly output: string;
    };

export type InstallFailure = 'network' | 'disk-full' | 'ensurepip' | 'other';

/** Python could not be prepared. The message says what happened and gives the command that fixes it. */
export class PythonSetupError extends Error {
  override readonly name = 'PythonSetupError';
  readonly problem: SetupProblem;

  constructor(problem: SetupProblem, host: Host = thisHost()) {
    super(explain(problem, host));
    this.problem = problem;
  }
}

function thisHost(): Host {
  if (process.platform === 'win32') return 'windows';
  if (process.platform === 'darwin') return 'macos';
  return existsSync('/etc/debian_version') ? 'debian' : 'linux';
}

/** What went wrong, judged by what pip, uv or venv printed. */
export function diagnoseInstall(output: string): InstallFailure {
  if (/no space left on device|os error 28|errno 28/i.test(output)) return 'disk-full';
  if (/ensurepip is not available|no module named '?ensurepip/i.test(output)) return 'ensurepip';
  const unreachable =
    /connection refused|connection reset|connection broken|NewConnectionError|ConnectTimeout|ReadTimeout|name resolution|dns error|error sending request|failed to fetch|network is unreachable|ProxyError/i;
  return unreachable.test(output) ? 'network' : 'other';
}

/** The text of the error: what happened, why, and what to do. */
export function explain(problem: SetupProblem, host: Host): string {
  switch (problem.kind) {
    case 'no-python': {
      const found = problem.tooOld.map(({ executable, version }) => `${executable} is ${version}`);
      const what = found.length === 0 ? 'No Python on PATH.' : `Only older ones: ${found.join(', ')}.`;
      return lines(`Python ${MINIMUM_PYTHON} or newer is needed. ${what}`, installPython(host), OTHER_PYTHON);
    }
    case 'unusable':
      return lines(
        `${problem.python} cannot be used as the Python interpreter: ${lastLines(problem.detail, 5) || 'it is no Python'}`,
        'Pass the path of an interpreter, such as .venv/bin/python, with --python or EAGER_PYTHON.',
      );
    case 'too-old':
      return lines(
        `${problem.python} is Python ${problem.version}, but ${MINIMUM_PYTHON} or newer is needed.`,
        'Pass a newer one with --python or EAGER_PYTHON, or neither, and eager looks for one itself.',
      );
    case 'missing-packages':
      return explainMissing(problem, host);
    case 'not-prepared':
      return lines(`There is no prepared Python in ${problem.parent}. Run: eager setup`, OTHER_PYTHON);
    case 'no-installer':
      return lines(
        `Python ${problem.interpreter.version} (${problem.interpreter.executable}) has neither pip nor a complete venv, ` +
          'and uv is not on PATH, so nothing can be installed for it.',
        addInstaller(host),
        OTHER_PYTHON,
      );
    case 'install-failed':
      return lines(
        `Installing the Python packages failed: ${problem.command}`,
        indent(lastLines(problem.output, 25)),
        INSTALL_ADVICE[problem.cause] ?? addInstaller(host),
      );
  }
}

const OTHER_PYTHON = `Or name an interpreter that has ipykernel ${MINIMUM_IPYKERNEL} or newer with --python or EAGER_PYTHON.`;

const INSTALL_ADVICE: Readonly<Record<InstallFailure, string | undefined>> = {
  network:
    'The package index cannot be reached. Check the connection, or set HTTPS_PROXY, or name your own index\n' +
    `with PIP_INDEX_URL and UV_DEFAULT_INDEX.\n${OTHER_PYTHON}`,
  'disk-full': 'The disk is full. Free some space, or set EAGER_CACHE to a folder on another disk.',
  ensurepip: undefined,
  other: OTHER_PYTHON,
};

function explainMissing(
  { python, interpreter, requirements }: Extract<SetupProblem, { kind: 'missing-packages' }>,
  host: Host,
): string {
  const list = requirements.map((requirement) => `"${requirement}"`).join(' ');
  const installed = interpreter.packages.get('ipykernel');
  const needsNewer = installed !== undefined && requirements.some((text) => text.startsWith('ipykernel'));
  const what = needsNewer
    ? `has ipykernel ${installed}, but ${MINIMUM_IPYKERNEL} or newer is needed`
    : `lacks ${requirements.map((text) => text.replace(/[<>=!~ ].*/, '')).join(', ')}`;
  if (interpreter.externallyManaged) {
    const [venv, activated] =
      host === 'windows' ? ['py -3', '.venv\\Scripts\\python'] : [quote(python), '.venv/bin/python'];
    return lines(
      `${python} ${what}, and the operating system keeps pip from installing into it (PEP 668).`,
      'Leave out --python and EAGER_PYTHON, and eager prepares an environment of its own. Or make one:',
      indent(`${venv} -m venv .venv && ${activated} -m pip install ${list}`),
      `and pass --python ${activated}.`,
    );
  }
  const pip = interpreter.modules.has('pip')
    ? `${quote(python)} -m pip install ${list}`
    : `uv pip install --python ${quote(python)} ${list}`;
  return lines(`${python} ${what}. Eager installs nothing into an interpreter of yours. Run:`, indent(pip));
}

function installPython(host: Host): string {
  switch (host) {
    case 'debian':
      return `On Debian and Ubuntu:\n${indent('sudo apt-get install python3 python3-venv')}`;
    case 'macos':
      return `On macOS:\n${indent('brew install python')}`;
    case 'windows':
      return `On Windows:\n${indent('winget install Python.Python.3.13')}`;
    case 'linux':
      return 'Install python3 with its pip and venv modules by the package manager of your distribution.';
  }
}

function addInstaller(host: Host): string {
  switch (host) {
    case 'debian':
      return `On Debian and Ubuntu:\n${indent('sudo apt-get install python3-venv')}`;
    case 'macos':
      return `On macOS, a complete Python or uv:\n${indent('brew install python    # or: brew install uv')}`;
    case 'windows':
      return `On Windows, a complete Python:\n${indent('winget install Python.Python.3.13')}`;
    case 'linux':
      return 'Install the pip and venv modules of python3 by the package manager of your distribution.';
  }
}

function lines(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('\n');
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '    ');
}

function lastLines(text: string, count: number): string {
  return text.trim().split(/\r?\n/).slice(-count).join('\n');
}

function quote(path: string): string {
  return /^[\w./:\\~-]+$/.test(path) ? path : `"${path}"`;
}
