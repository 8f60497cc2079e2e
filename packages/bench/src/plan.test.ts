import { describe, expect, test } from 'vitest';
import type { EnvironmentName } from './environments/index.js';
import { tokensOf } from './pace.js';
import { type PlanInput, planOf, writingMs } from './plan.js';
import type { Program, WorkloadName } from './workloads/index.js';

const SETS: readonly WorkloadName[] = [
  'plots',
  'analysis',
  'functions',
  'execution-heavy',
  'generation-heavy',
];
const ALL: readonly EnvironmentName[] = ['embedded', 'sandbox', 'server', 'delayed-server'];

const programs: readonly Program[] = SETS.flatMap((set) =>
  Array.from({ length: 6 }, (_, i) => ({
    set,
    name: `${set}-${i}`,
    text: 'x = 1\n'.repeat(5 + i),
    files: [],
  })),
);
const input: PlanInput = { extent: 'default', seed: 1, programs, environments: ALL };

describe('a plan', () => {
  test('is the same for the same input', () => {
    expect(planOf(input)).toEqual(planOf(structuredClone(input)));
  });

  test.each<[string, Partial<PlanInput>]>([
    ['the seed', { seed: 2 }],
    ['the extent', { extent: 'quick' }],
    ['the environments', { environments: ['embedded'] }],
    [
      'a program’s text',
      { programs: programs.map((program) => ({ ...program, text: `${program.text}y = 2\n` })) },
    ],
  ])('has another digest for another value of %s', (_, change) => {
    expect(planOf({ ...input, ...change }).digest).not.toBe(planOf(input).digest);
  });

  test('has each round once, with each of its contenders once, the serial run among them', () => {
    const { rounds } = planOf(input);
    expect(new Set(rounds.map(({ key }) => key)).size).toBe(rounds.length);
    for (const { contenders } of rounds) {
      expect(new Set(contenders).size).toBe(contenders.length);
      expect(contenders).toContain('serial');
      expect(contenders).toContain('eager');
    }
  });

  test('lets no contender always be the first', () => {
    const { rounds } = planOf(input);
    const first = rounds.map(({ contenders }) => contenders[0]);
    const isFirst = (name: string) => first.filter((contender) => contender === name).length / rounds.length;
    expect(isFirst('serial')).toBeGreaterThan(0.2);
    expect(isFirst('eager')).toBeGreaterThan(0.2);
  });

  test('has no rounds for what the machine does not have', () => {
    const { rounds } = planOf({ ...input, environments: ['embedded'] });
    expect(new Set(rounds.map(({ environment }) => environment))).toEqual(new Set(['embedded']));
  });

  test('asks for stock clients only where there is a server, and for the recipe only where there is none', () => {
    for (const { environment, contenders } of planOf({ ...input, extent: 'full' }).rounds) {
      const isServer = environment.includes('server');
      if (contenders.includes('stock-client')) expect(isServer).toBe(true);
      if (contenders.includes('paper-recipe')) expect(isServer).toBe(false);
    }
  });

  test('takes the program of median length when it takes one', () => {
    const { rounds } = planOf({ ...input, extent: 'quick' });
    for (const { program } of rounds) expect(program.name).toBe(`${program.set}-3`);
  });
});

test('a round takes at least as long as its text is written, once for each contender', () => {
  const [round] = planOf({ ...input, extent: 'quick', programs: programs.slice(0, 1) }).rounds;
  if (!round) throw new Error('The plan has no round.');
  const gaps = tokensOf(round.program.text).length - 1;
  // Three contenders; the first token comes after 400 ms, then 200 a second.
  expect(writingMs(round)).toBeCloseTo(3 * (400 + gaps * 5), 6);
});
