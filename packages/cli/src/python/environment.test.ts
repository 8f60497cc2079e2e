import { expect, test } from 'vitest';
import { type Installer, installersFor } from './environment.js';

test.each<{ modules: string[]; hasUv: boolean; installers: Installer[] }>([
  { hasUv: true, modules: [], installers: ['uv'] },
  { hasUv: true, modules: ['pip', 'venv', 'ensurepip'], installers: ['uv', 'venv'] },
  { hasUv: false, modules: ['pip', 'venv', 'ensurepip'], installers: ['fetched-uv', 'venv'] },
  { hasUv: false, modules: ['pip', 'venv'], installers: ['fetched-uv'] },
  { hasUv: false, modules: ['venv', 'ensurepip'], installers: ['venv'] },
  { hasUv: false, modules: ['venv'], installers: [] },
  { hasUv: false, modules: [], installers: [] },
])('uv: $hasUv, modules: $modules → $installers', ({ modules, hasUv, installers }) => {
  expect(installersFor({ modules: new Set(modules) }, hasUv)).toEqual(installers);
});
