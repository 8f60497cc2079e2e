import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { embeddedKernel, type Kernel } from '../../packages/execution/src/index.js';
import { type Outcome, runProgram } from '../../packages/execution/src/program.fixture.js';
import { python } from '../python.js';
import { whyNoSandbox } from './bubblewrap.js';
import { World } from './world.js';

const attempts = readFileSync(new URL('attempts.txt', import.meta.url), 'utf8')
  .split(/^## /m)
  .slice(1)
  .map((text) => {
    const [, mark, name = '', program = ''] = /^(!?)(.*)\n([\s\S]*)$/.exec(text) ?? [];
    return { name, program, succeedsOutside: mark === '!' };
  });

const obstacle = whyNoSandbox();
if (obstacle !== undefined) console.warn(`The sandbox is not tested: ${obstacle}.`);

describe.skipIf(obstacle !== undefined)('a program in a sandbox fails to', () => {
  let world: World;
  let sandboxed: Kernel;
  let plain: Kernel;

  beforeAll(async () => {
    world = new World();
    await world.listen();
    vi.stubEnv('HOME', world.home);
    vi.stubEnv('TMPDIR', world.temporary);
    vi.stubEnv('EAGER_TEST_SECRET', 'secret');
    vi.stubEnv('SSH_AUTH_SOCK', '/nowhere');
    sandboxed = embeddedKernel({ python, cwd: world.work, sandbox: {} });
    plain = embeddedKernel({ python, cwd: world.work });
    await attempt(sandboxed, 'pass');
    await attempt(plain, 'pass');
  }, 60_000);
  afterAll(async () => {
    await sandboxed?.[Symbol.asyncDispose]();
    await plain?.[Symbol.asyncDispose]();
    vi.unstubAllEnvs();
    world?.close();
  });

  const attempt = (kernel: Kernel, program: string): Promise<Outcome> =>
    runProgram(kernel, `${world.names}\n${program}`);

  it.each(attempts)('$name', async ({ program, succeedsOutside }) => {
    await world.restore();
    const { error, events } = await attempt(sandboxed, program);
    expect(error?.ename, events.map(({ type }) => type).join(' ')).toBeDefined();
    expect(error?.ename).not.toMatch(/^(Name|Syntax|Attribute|Type)Error$/);
    expect(await world.state()).toEqual(world.untouched);
    if (!succeedsOutside) return;
    const outside = await attempt(plain, program);
    expect(outside.error).toBeNull();
  });

  it('leave its kernel broken', async () => {
    const { error } = await attempt(sandboxed, 'print("alive")');
    expect(error).toBeNull();
    // The plain kernel's folder is the only one: that of a sandbox is gone when its sockets are connected.
    expect(readdirSync(world.temporary)).toHaveLength(1);
  });
});
