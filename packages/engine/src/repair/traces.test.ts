import { expect, test } from 'vitest';

import { statementOf } from './statement.fixture.js';
import { tracesOf } from './traces.js';

const helper = 'def fill(rows):\n    rows.append(1)\n';

test.each([
  // a statement that failed → whether it may have changed something
  ['x = df["a"].sum()\n', false],
  ['import nothing\n', false],
  ['def f(x):\n    return rows.pop()\n', false],
  ['print(total)\n', false],
  ['a, b = text.split()\n', false],
  ['last = queue.pop()["id"]\n', true],
  ['fill(rows)\n', true],
  ['x = 1; y = z\n', true],
  ['for i in range(3):\n    x = i / 0\n', true],
  ['with open("a") as f:\n    f.x\n', true],
  ['df.drop(columns="a", inplace=True)\n', true],
  ['%time x\n', true],
  ['class A(fill(rows)):\n    pass\n', true],
])('%j leaves traces: %s', (code, leaves) => {
  const chunk = statementOf(code);
  const ran = [{ code: helper, source: helper, durationMs: 0, outputs: [], effects: [] }];
  const error = { ename: 'KeyError', evalue: "'id'" };
  const found = tracesOf(chunk, { error, hasOutput: false, hasEffects: false, ran });
  expect(found !== undefined).toBe(leaves);
});

test('a method that is not there has changed nothing', () => {
  const chunk = statementOf('df = df.append(row)\n');
  const failed = { hasOutput: false, hasEffects: false, ran: [] };
  const missing = { ename: 'AttributeError', evalue: "'DataFrame' object has no attribute 'append'" };
  const other = { ename: 'AttributeError', evalue: "'DataFrame' object has no attribute 'x'" };
  expect(tracesOf(chunk, { ...failed, error: missing })).toBeUndefined();
  expect(tracesOf(chunk, { ...failed, error: other })).toContain('append()');
});
