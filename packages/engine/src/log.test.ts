import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Log } from './log.js';

const logOf = (values: readonly number[]) =>
  values.reduce((log, value) => log.append(value), Log.empty<number>());

describe('Log', () => {
  it('reads like the array of what was appended', () => {
    fc.assert(
      fc.property(fc.array(fc.nat()), fc.integer({ min: -40, max: 40 }), (values, index) => {
        const log = logOf(values);
        expect(log.toArray()).toEqual(values);
        expect([...log]).toEqual(values);
        expect(log.length).toBe(values.length);
        expect(log.at(index)).toBe(values.at(index));
        expect(JSON.stringify(log)).toBe(JSON.stringify(values));
      }),
    );
  });

  it('never changes once it is made, whichever way it is continued', () => {
    fc.assert(
      fc.property(fc.array(fc.nat()), fc.array(fc.nat()), fc.array(fc.nat()), (start, left, right) => {
        const log = logOf(start);
        const extended = left.reduce((grown, value) => grown.append(value), log);
        const branched = right.reduce((grown, value) => grown.append(value), log);
        expect(log.toArray()).toEqual(start);
        expect(extended.toArray()).toEqual([...start, ...left]);
        expect(branched.toArray()).toEqual([...start, ...right]);
      }),
    );
  });

  it('appends a hundred thousand values without copying', () => {
    const first = Log.empty<number>().append(0);
    let latest = first;
    for (let value = 1; value < 100_000; value++) latest = latest.append(value);
    expect(latest.length).toBe(100_000);
    expect(latest.at(-1)).toBe(99_999);
    expect(first.toArray()).toEqual([0]);
  });
});
