import { describe, expect, test } from 'vitest';
import {
  allowedDifferences,
  asFarAsRun,
  asFarAsWritten,
  comparableText,
  withoutDepth,
} from './allowed-differences.js';

describe.each(allowedDifferences.map((rule) => [rule.name, rule] as const))('%s', (_, rule) => {
  const [one, other] = rule.example;

  test('makes its example equal', () => {
    expect(comparableText(one)).toBe(comparableText(other));
  });

  test('is needed for that', () => {
    const others = allowedDifferences.filter((each) => each !== rule);
    expect(comparableText(one, others)).not.toBe(comparableText(other, others));
  });

  test.each(rule.counterexamples)('keeps %j and %j apart', (one, other) => {
    expect(comparableText(one)).not.toBe(comparableText(other));
  });
});

describe('lines quoted after the failing statement', () => {
  const frame = (...lines: string[]) => `Cell In[2], line 2\n${lines.join('\n')}`;
  const written = frame('      1 x = 0', '----> 2 1 / x');

  test('are left out', () => {
    const serial = frame('      1 x = 0', '----> 2 1 / x', '      3 print(x)', '      4 ');
    expect(asFarAsWritten([serial, 'ZeroDivisionError'], [written, 'ZeroDivisionError'])).toEqual([
      written,
      'ZeroDivisionError',
    ]);
  });

  test.each<[string, string, string]>([
    ['not before it', frame('      1 x = 0', '----> 2 1 / x'), frame('----> 2 1 / x')],
    [
      'not when they are in no frame of the cell',
      'File a.py:2\n----> 2 1 / x\n      3 y',
      'File a.py:2\n----> 2 1 / x',
    ],
    ['not before the failing line has come', frame('      1 x = 0', '      2 y = 0'), frame('      1 x = 0')],
    ['not the failing line itself', frame('      1 x = 0', '----> 2 1 / x'), frame('      1 x = 0')],
    ['not what is no quoted line', frame('----> 2 1 / x', 'note: more'), frame('----> 2 1 / x')],
    [
      'not lines that only the eager run quotes',
      written,
      frame('      1 x = 0', '----> 2 1 / x', '      3 y'),
    ],
    ['not another line number', written.replace('line 2', 'line 3'), written],
  ])('%s', (_, serial, eager) => {
    expect(asFarAsWritten([serial], [eager])).not.toEqual([eager]);
  });
});

describe('the depth of a recursion', () => {
  const traceback = ['down', 'down', 'down', 'other', 'down'];

  test('is not compared in a RecursionError', () => {
    expect(withoutDepth({ ename: 'RecursionError', traceback })).toEqual(['down', 'other', 'down']);
  });

  const counted = (times: number, line = 4) => [
    'down',
    `[... skipping similar frames: down at line ${line} (${times} times)]`,
  ];

  test('is not compared where IPython counts', () => {
    const depths = [969, 974].map((times) =>
      withoutDepth({ ename: 'RecursionError', traceback: counted(times) }),
    );
    expect(depths[0]).toEqual(depths[1]);
    expect(withoutDepth({ ename: 'RecursionError', traceback: counted(969, 5) })).not.toEqual(depths[0]);
  });

  test('is compared in any other error', () => {
    expect(withoutDepth({ ename: 'ValueError', traceback })).toEqual(traceback);
    expect(withoutDepth({ ename: 'ValueError', traceback: counted(969) })).toEqual(counted(969));
  });
});

test.each<[string, string, string, boolean, boolean]>([
  ['comments after the last statement', 'x\n\n# end\n# of it', 'x', false, false],
  ['a statement after the last', 'x\n# end\ny', 'x', false, false],
  ['what follows a failure', '1 / 0\ny', '1 / 0', true, true],
  ['what comes before a failure', 'x\n1 / 0', '1 / 0', true, false],
])('the input may lack %s: %j, %j', (_, serial, eager, hasFailed, may) => {
  expect(asFarAsRun(serial, eager, hasFailed) === eager).toBe(may);
});
