import { describe, expect, test } from 'vitest';
import type { Interpreter } from './interpreter.js';
import {
  diagnoseInstall,
  explain,
  type Host,
  type InstallFailure,
  type SetupProblem,
} from './setup-error.js';

const debianPython: Interpreter = {
  executable: '/usr/bin/python3',
  version: '3.11.2',
  packages: new Map(),
  modules: new Set(['pip', 'venv']),
  externallyManaged: true,
};
const ownPython: Interpreter = {
  ...debianPython,
  executable: '/opt/py/bin/python',
  externallyManaged: false,
};
const python = '/opt/py/bin/python';
const requirements = ['ipykernel>=6.29,<8', 'pandas<4'];
const installFailed = (cause: InstallFailure): SetupProblem => ({
  kind: 'install-failed',
  cause,
  command: 'uv pip install ipykernel',
  output: 'what the installer said\n',
});

describe('the message has the command that fixes the problem', () => {
  const noPython: SetupProblem = { kind: 'no-python', tooOld: [] };
  const noInstaller: SetupProblem = { kind: 'no-installer', interpreter: debianPython };
  const lacking = (interpreter: Interpreter, chosen = python): SetupProblem => ({
    kind: 'missing-packages',
    python: chosen,
    interpreter,
    requirements,
  });
  const withPip = `${python} -m pip install "ipykernel>=6.29,<8" "pandas<4"`;
  const withUv = `uv pip install --python ${python} "ipykernel>=6.29,<8" "pandas<4"`;

  test.each<[SetupProblem, Host, string[]]>([
    [noPython, 'debian', ['Python 3.10 or newer', 'sudo apt-get install python3 python3-venv', '--python']],
    [noPython, 'macos', ['brew install python']],
    [noPython, 'windows', ['winget install Python']],
    [noPython, 'linux', ['python3 with its pip and venv modules']],
    [
      { kind: 'no-python', tooOld: [{ ...ownPython, version: '3.9.18' }] },
      'debian',
      ['Only older ones: /opt/py/bin/python is 3.9.18.'],
    ],
    [{ kind: 'too-old', python, version: '3.9.18' }, 'linux', [python, '3.9.18', '3.10 or newer']],
    [{ kind: 'unusable', python, detail: 'spawn ENOENT' }, 'linux', [python, 'spawn ENOENT', '--python']],
    [noInstaller, 'debian', ['/usr/bin/python3', 'sudo apt-get install python3-venv']],
    [noInstaller, 'macos', ['brew install uv']],
    [lacking(ownPython), 'linux', ['lacks ipykernel, pandas', withPip]],
    [lacking({ ...ownPython, modules: new Set() }), 'linux', [withUv]],
    [lacking(ownPython, '/my py/python'), 'linux', ['"/my py/python" -m pip install']],
    [
      lacking({ ...ownPython, packages: new Map([['ipykernel', '6.17.1']]) }),
      'linux',
      ['has ipykernel 6.17.1'],
    ],
    [
      lacking(debianPython, '/usr/bin/python3'),
      'debian',
      ['PEP 668', '/usr/bin/python3 -m venv .venv && .venv/bin/python -m pip install "ipykernel>=6.29,<8"'],
    ],
    [installFailed('network'), 'linux', ['    what the installer said', 'HTTPS_PROXY', 'PIP_INDEX_URL']],
    [installFailed('disk-full'), 'linux', ['EAGER_CACHE']],
    [installFailed('ensurepip'), 'debian', ['sudo apt-get install python3-venv']],
    [installFailed('other'), 'linux', ['uv pip install ipykernel', '--python']],
  ])('$kind on %s', (problem, host, parts) => {
    const message = explain(problem, host);
    for (const part of parts) expect(message).toContain(part);
  });
});

test.each<[InstallFailure, string]>([
  [
    'network',
    'NewConnectionError(...): Failed to establish a new connection: [Errno 111] Connection refused',
  ],
  // An index without a wheel for this platform says so, too.
  ['other', 'ERROR: Could not find a version that satisfies the requirement uv (from versions: none)'],
  ['network', 'error: Failed to fetch: `http://127.0.0.1:9/ipykernel/`\n  Caused by: dns error'],
  ['disk-full', 'OSError: [Errno 28] No space left on device'],
  ['ensurepip', 'The virtual environment was not created successfully because ensurepip is not available.'],
  ['ensurepip', "/usr/bin/python3: No module named 'ensurepip'"],
  ['other', 'ERROR: ResolutionImpossible'],
])('%s: %s', (failure, output) => {
  expect(diagnoseInstall(output)).toBe(failure);
});
