import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Chunk } from './chunk.js';
import { EffectAnalysis } from './effects.js';
import { ask, deny, effects, off, PAPER_MODULES, paper } from './policies.js';
import { type Effect, type EffectClass, type Permission, type Policy, permitted } from './policy.js';
import { Segmenter } from './segmenter.js';

const PROGRAM = `import os, time, ctypes, signal
from pathlib import Path
import polars as pl
x = 1
open("in.csv")
open("out.csv", "w")
os.system("ls")
df.to_parquet("out.parquet")
os._exit(0)
ctypes.CDLL("x")
eval("1")
time.sleep(1)
signal.alarm(1)
input("?")
pl.read_csv("in.csv")
pl.read_csv("https://example.org/in.csv")
`;

describe('what each policy says of each line', () => {
  it.each<[string, Policy, Record<number, string>]>([
    ['off', off(), {}],
    [
      'effects',
      effects(),
      {
        8: 'hold writes file "out.parquet" (line 8)',
        9: 'hold calls os._exit (line 9)',
        10: 'hold calls ctypes.CDLL (line 10)',
        13: 'hold calls signal.alarm (line 13)',
        16: 'hold reads "https://example.org/in.csv" (line 16)',
      },
    ],
    [
      'deny',
      deny(),
      {
        8: 'deny not permitted: writes file "out.parquet" (line 8)',
        9: 'deny not permitted: calls os._exit (line 9)',
        10: 'deny not permitted: calls ctypes.CDLL (line 10)',
        13: 'hold calls signal.alarm (line 13)',
        16: 'deny not permitted: reads "https://example.org/in.csv" (line 16)',
      },
    ],
    ['paper', paper(), { 1: 'hold imports os (line 1)' }],
  ])('%s', async (name, policy, expected) => {
    expect(policy.name).toBe(name);
    expect(await verdicts(policy, PROGRAM)).toEqual(expected);
  });
});

describe('what each policy answers to the hook', () => {
  const classes: EffectClass[] = ['read', 'write', 'process', 'network', 'timing', 'dynamic', 'blocking'];
  const yes = classes.map(() => 'allow');

  it.each<[string, Policy, string[]]>([
    ['effects', effects(), ['allow', 'hold', 'hold', 'hold', 'allow', 'allow', 'allow']],
    ['deny', deny(), ['allow', 'deny', 'deny', 'deny', 'allow', 'allow', 'allow']],
    ['ask, if the answer is yes', ask(() => 'allow'), yes],
    ['ask, if it is no', ask(() => 'deny'), ['allow', 'deny', 'deny', 'deny', 'allow', 'allow', 'allow']],
    [
      'ask, if it is later',
      ask(() => Promise.resolve('hold')),
      ['allow', 'hold', 'hold', 'hold', 'allow', 'allow', 'allow'],
    ],
  ])('%s', async (_, policy, expected) => {
    const answers = classes.map((effectClass) =>
      policy.permit?.({ class: effectClass, what: 'acts', line: 1 }),
    );
    expect(await Promise.all(answers)).toEqual(expected);
  });

  it.each([off(), paper()])('$name has no hook', (policy) => expect(policy.permit).toBeUndefined());
});

describe('paper', () => {
  it.each([
    ['import os', 'imports os'],
    ['import json, os.path as p', 'imports os.path'],
    ['from os import (path,\n  sep)', 'imports os.path'],
    ['from urllib.parse import urlparse', 'imports urllib.parse.urlparse'],
    ['try:\n    import requests\nexcept ImportError:\n    pass', 'imports requests'],
    ['def f():\n    import subprocess', 'imports subprocess'],
    ['from time import *', 'imports time.*'],
    ['import paramiko', 'imports paramiko'],
    ['from my.deploy import run', 'imports my.deploy.run'],
  ])('holds %j', async (code, what) => {
    const policy = paper({ modules: ['paramiko', 'my.deploy'] });
    expect(Object.values(await verdicts(policy, `${code}\n`))).toEqual([
      expect.stringContaining(`hold ${what} (line `),
    ]);
  });

  it.each([
    'import json',
    'import osmium, timeit',
    'from . import os',
    'from scipy import signal',
    'text = "import os"',
    'from my.model import deploy',
    'x.imports.os',
  ])('lets %j run', async (code) => {
    expect(await verdicts(paper({ modules: ['my.deploy'] }), `${code}\n`)).toEqual({});
  });

  it.each([
    'def f():\n    pass',
    'async def f():\n    pass',
    'class A:\n    pass',
    '@a.b\n@c(1)\ndef f():\n    pass',
  ])('merges %j with what follows', async (code) => {
    expect(await verdicts(paper(), `${code}\n`)).toEqual({ 1: 'join' });
  });

  it('lists only names of modules', () => {
    for (const module of PAPER_MODULES.keys()) expect(module).toMatch(/^[a-z]+$/);
  });
});

describe('ask', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const effect: Effect = { class: 'write', what: 'writes file "a"', line: 3 };

  it('shows the effect, and only one that reaches outside', async () => {
    const callback = vi.fn((): Permission => 'allow');
    await permitted(ask(callback), effect);
    await permitted(ask(callback), { class: 'read', what: 'reads file "a"', line: 4 });
    expect(callback.mock.calls).toEqual([[effect]]);
  });

  it.each<[string, () => Permission | Promise<Permission>]>([
    ['throws', () => raise('the terminal is gone')],
    ['rejects', async () => raise('the terminal is gone')],
  ])('denies if the callback %s', async (_, callback) => {
    expect(await permitted(ask(callback), effect)).toEqual({
      kind: 'deny',
      effect,
      reason: 'not permitted: writes file "a" (line 3): asking failed: the terminal is gone',
    });
  });

  it('denies if nobody answers in time', async () => {
    const verdict = permitted(
      ask(() => new Promise(() => {}), { timeoutMs: 2000 }),
      effect,
    );
    const seen = vi.fn();
    void verdict.then(seen);
    await vi.advanceTimersByTimeAsync(1999);
    expect(seen).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(seen).toHaveBeenCalledWith({
      kind: 'deny',
      effect,
      reason: 'not permitted: writes file "a" (line 3): nobody answered within 2 s',
    });
  });

  it('leaves no timer behind once it has an answer', async () => {
    await permitted(
      ask(() => 'allow'),
      effect,
    );
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each<[string, Permission[], Record<number, string>]>([
    ['yes to both', ['allow', 'allow'], {}],
    ['later, and yes', ['hold', 'allow'], { 1: 'hold writes file "a" (line 1)' }],
    ['later, and no', ['hold', 'deny'], { 1: 'deny not permitted: writes file "b" (line 1)' }],
    ['no', ['deny'], { 1: 'deny not permitted: writes file "a" (line 1)' }],
  ])('asks before a statement with effects that the hook cannot see: %s', async (_, answers, expected) => {
    const callback = vi.fn(() => answers.shift() ?? raise('There was one question too many.'));
    expect(await verdicts(ask(callback), 'x.to_parquet("a"), y.to_parquet("b"), z.to_csv("c")\n')).toEqual(
      expected,
    );
    expect(answers).toEqual([]);
  });
});

describe('permitted', () => {
  const effect: Effect = { class: 'network', what: 'opens a connection to a', line: 2 };

  it.each<[Permission | undefined, object]>([
    ['allow', { kind: 'run' }],
    [undefined, { kind: 'run' }],
    ['hold', { kind: 'hold', effect, reason: 'opens a connection to a (line 2)' }],
    ['deny', { kind: 'deny', effect, reason: 'not permitted: opens a connection to a (line 2)' }],
  ])('makes a verdict of %j', async (permission, verdict) => {
    const policy = permission === undefined ? off() : { ...off(), permit: () => permission };
    expect(await permitted(policy, effect)).toEqual(verdict);
  });
});

function raise(message: string): never {
  throw new Error(message);
}

/** The verdicts that are not simply to run, by the line of the chunk. */
async function verdicts(policy: Policy, program: string): Promise<Record<number, string>> {
  const found: Record<number, string> = {};
  const analysis = new EffectAnalysis(policy.rules);
  for (const chunk of chunksOf(program)) {
    const verdict = await policy.judge(chunk, analysis.analyse(chunk));
    if (verdict.kind === 'join') found[chunk.line] = 'join';
    else if (verdict.kind !== 'run') found[chunk.line] = `${verdict.kind} ${verdict.reason}`;
  }
  return found;
}

function chunksOf(program: string): Chunk[] {
  const segmenter = new Segmenter();
  return [...segmenter.feed(program, 0), ...segmenter.end(0)];
}
