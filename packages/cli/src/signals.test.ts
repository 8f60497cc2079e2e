import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import { InterruptedError, interruptible } from './signals.js';

describe('interruptible', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('the first %s aborts, and the exit code is %i', (name, code) => {
    const { host, interruption } = start();
    expect(interruption.exitCode).toBeUndefined();
    host.emit(name, name);
    expect(interruption.signal.reason).toBeInstanceOf(InterruptedError);
    expect(interruption.exitCode).toBe(code);
    expect(host.exits).toEqual([]);
  });

  test('a repetition within half a second is the same key, a later one exits at once', () => {
    const { host, clock } = start();
    host.emit('SIGINT', 'SIGINT');
    clock.ms = 499;
    host.emit('SIGINT', 'SIGINT');
    expect(host.exits).toEqual([]);
    clock.ms = 500;
    host.emit('SIGTERM', 'SIGTERM');
    expect(host.exits).toEqual([143]);
    expect(host.lines).toEqual([expect.stringMatching(/^eager: Stopped at once\..*\n$/)]);
  });

  test('leaves no listener behind', () => {
    const { host, interruption } = start();
    interruption[Symbol.dispose]();
    expect(host.eventNames()).toEqual([]);
  });
});

function start() {
  const host = new Host();
  const clock = { ms: 0 };
  return { host, clock, interruption: interruptible(host, () => clock.ms) };
}

class Host extends EventEmitter {
  readonly exits: number[] = [];
  readonly lines: string[] = [];
  readonly stderr = { write: (line: string) => this.lines.push(line) };

  exit(code: number): void {
    this.exits.push(code);
  }
}
