import { describe, expect, test } from 'vitest';

import type { ProgramFailure } from './failure.js';
import { REPAIR_TABLE, repairPolicy } from './policy.js';
import { statementOf } from './statement.fixture.js';

function failureOf(ename: string, code: string): ProgramFailure {
  const chunk = statementOf(code);
  return {
    ...{ ename, evalue: '', traceback: '', chunk, isSyntaxError: false, isStateLost: false },
    ...{ traces: undefined, effects: [] },
  };
}

describe('the policy of repairs', () => {
  test.each([
    // what failed, the statement → when the answer is stopped, how it is repaired
    ['NameError', 'print(math.pi)\n', 'now', 'resume'],
    ['KeyError', 'df["store"]\n', 'now', 'resume'],
    ['ModuleNotFoundError', 'import tabulate\n', 'now', 'resume'],
    ['FileNotFoundError', 'open("x")\n', 'now', 'resume'],
    ['TypeError', 'f(1, 2)\n', 'now', 'resume'],
    ['SyntaxError', 'print(1 2)\n', 'now', 'resume'],
    ['KeyboardInterrupt', 'while True: pass\n', 'now', 'resume'],
    ['AssertionError', 'assert mean == 2\n', 'after the answer', 'restart'],
    ['AssertionError', 'test_mean()\n', 'after the answer', 'restart'],
    ['AssertionError', 'run()\n', 'now', 'resume'],
    [
      'ValueError',
      'for f in files:\n    try:\n        read(f)\n    except OSError:\n        pass\n',
      'after the answer',
      'resume',
    ],
    ['ValueError', 'for f in files:\n    read(f)\n', 'now', 'resume'],
    ['MemoryError', 'x = [0] * 10**12\n', 'now', 'restart'],
    ['KernelError', 'x = 1\n', 'now', 'restart'],
    ['SomethingOfTheProgram', 'run()\n', 'now', 'resume'],
  ])('has for %s in %j: %s, %s', (ename, code, stop, by) => {
    expect(repairPolicy()(failureOf(ename, code))).toEqual({ stop, by, reason: expect.any(String) });
  });

  test('gives a reason in every row', () => {
    for (const { reason } of REPAIR_TABLE) expect(reason).toMatch(/^\w/);
  });

  test('asks the rows of a deployer first', () => {
    const policy = repairPolicy([
      { errors: ['KeyError'], statement: /^df/, stop: 'after the answer', by: 'restart', reason: 'ours' },
    ]);
    expect(policy(failureOf('KeyError', 'df["a"]\n')).reason).toBe('ours');
    expect(policy(failureOf('KeyError', 'd["a"]\n')).stop).toBe('now');
    expect(policy(failureOf('NameError', 'df\n')).stop).toBe('now');
  });
});
