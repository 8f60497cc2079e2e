import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { interpreterCommands, isRecent, parseProbe, probe } from './interpreter.js';

test('reads what the probe prints', () => {
  const answer = {
    executable: '/usr/bin/python3',
    version: '3.11.2',
    packages: { ipykernel: '7.4.0', pandas: null },
    modules: ['pip', 'venv'],
    externallyManaged: true,
  };
  expect(parseProbe(`a sitecustomize says hello\n${JSON.stringify(answer)}\r\n`)).toEqual({
    executable: '/usr/bin/python3',
    version: '3.11.2',
    packages: new Map([['ipykernel', '7.4.0']]),
    modules: new Set(['pip', 'venv']),
    externallyManaged: true,
  });
});

test('an old interpreter gives only its version', () => {
  const old = parseProbe('{"executable": "/usr/bin/python", "version": "2.7.18"}');
  expect(old).toMatchObject({ version: '2.7.18', externallyManaged: false });
  expect(old?.packages.size).toBe(0);
});

test.each([
  '',
  'Python 3.11.2',
  '{',
  'null',
  '3',
  '{"version": "3.11.2"}',
  '{"executable": 1, "version": 2}',
])('is no answer: %s', (stdout) => expect(parseProbe(stdout)).toBeUndefined());

test.each([
  ['2.7.18', false],
  ['3.9.18', false],
  ['3.10.0', true],
  ['3.14.0', true],
])('Python %s is recent enough: %s', (version, recent) => {
  const interpreter = parseProbe(JSON.stringify({ executable: 'python', version }));
  expect(interpreter && isRecent(interpreter)).toBe(recent);
});

test('python3 comes first, and the py launcher on Windows', () => {
  const flat = (platform: NodeJS.Platform) =>
    interpreterCommands(platform).map((command) => command.join(' '));
  expect(flat('linux').slice(0, 2)).toEqual(['python3', 'python3.14']);
  expect(flat('darwin').slice(-2)).toEqual(['python3.10', 'python']);
  expect(flat('win32')).toEqual(['py -3', 'python', 'python3']);
});

const system = '/usr/bin/python3';
test.skipIf(!existsSync(system))('knows an interpreter that the operating system manages', async () => {
  const found = await probe([system], ['no-such-distribution'], { env: process.env });
  if ('failure' in found) throw new Error(found.detail);
  const minor = found.version.split('.').slice(0, 2).join('.');
  expect(found.externallyManaged).toBe(existsSync(`/usr/lib/python${minor}/EXTERNALLY-MANAGED`));
  expect(found.packages.size).toBe(0);
});
