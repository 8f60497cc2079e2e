import { expect, test } from 'vitest';
import { cacheDirectory, environmentName, environmentPython, type Machine, packageSetKey } from './cache.js';

const linux: Machine = { platform: 'linux', arch: 'x64', home: '/home/ada', env: {} };
const macos: Machine = { ...linux, platform: 'darwin', home: '/Users/ada' };
const windows: Machine = { ...linux, platform: 'win32', home: 'C:\\Users\\ada' };

test.each<[string, Machine, NodeJS.ProcessEnv, string]>([
  ['Linux', linux, {}, '/home/ada/.cache/eager'],
  ['Linux with XDG_CACHE_HOME', linux, { XDG_CACHE_HOME: '/fast' }, '/fast/eager'],
  ['Linux with a relative XDG_CACHE_HOME', linux, { XDG_CACHE_HOME: 'fast' }, '/home/ada/.cache/eager'],
  ['Linux with an empty XDG_CACHE_HOME', linux, { XDG_CACHE_HOME: '' }, '/home/ada/.cache/eager'],
  ['macOS', macos, { XDG_CACHE_HOME: '/fast' }, '/Users/ada/Library/Caches/eager'],
  ['Windows', windows, {}, 'C:\\Users\\ada\\AppData\\Local\\eager'],
  ['Windows with LOCALAPPDATA', windows, { LOCALAPPDATA: 'D:\\local' }, 'D:\\local\\eager'],
  ['EAGER_CACHE', linux, { EAGER_CACHE: '/mine', XDG_CACHE_HOME: '/fast' }, '/mine'],
])('cache directory: %s', (_, machine, env, directory) => {
  expect(cacheDirectory({ ...machine, env })).toBe(directory);
});

test('the key of a package set depends on the packages and the kind of machine, not on their order', () => {
  const key = packageSetKey(['pandas', 'ipykernel'], linux);
  expect(key).toMatch(/^[0-9a-f]{12}$/);
  expect(packageSetKey(['ipykernel', 'pandas', 'ipykernel'], linux)).toBe(key);
  expect(packageSetKey(['pandas', 'ipykernel'], { ...linux, home: '/elsewhere', env: { A: '1' } })).toBe(key);
  const others = [
    packageSetKey(['ipykernel'], linux),
    packageSetKey(['pandas<3', 'ipykernel'], linux),
    packageSetKey(['pandas,ipykernel'], linux),
    packageSetKey(['pandas', 'ipykernel'], { ...linux, arch: 'arm64' }),
    packageSetKey(['pandas', 'ipykernel'], macos),
  ];
  expect(new Set([key, ...others]).size).toBe(others.length + 1);
});

test('an environment is named after the minor version of its Python', () => {
  expect(environmentName('3.11.7', 'abc')).toBe('3.11-abc');
  expect(environmentName('3.11.9', 'abc')).toBe('3.11-abc');
});

test('the interpreter of an environment', () => {
  expect(environmentPython('/c/e', 'linux')).toBe('/c/e/bin/python');
  expect(environmentPython('C:\\c\\e', 'win32')).toBe('C:\\c\\e\\Scripts\\python.exe');
});
