import { Subject } from 'rxjs';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { RunEvent } from './events.js';
import { simulateRun } from './simulated-run.fixture.js';
import { StatementTimeoutError, statementTimeout } from './statement-timeout.js';

const statements = ['a = 1\n', 'b = 2\n'].map((code) => ({
  ...{ code, arrivedAtMs: 0, closedAtMs: 0, durationMs: 10 },
}));
const simulated = simulateRun({ statements, tokenTimesMs: [0], overheadMs: 0 });

/** The first event of that type about a statement. */
function eventOf(type: 'started' | 'finished', id: number, atMs: number): RunEvent {
  const event = simulated.find((one) => one.type === type && one.chunk.id === id);
  if (!event) throw new Error('There is no such event.');
  return { ...event, atMs };
}

function verdictOf(id: number, kind: 'hold' | 'run', atMs: number): RunEvent {
  const { chunk } = eventOf('started', id, 0) as Extract<RunEvent, { type: 'started' }>;
  const effect = { kind: 'write', what: 'writes a file', line: 1 } as never;
  const verdict = kind === 'run' ? { kind } : { kind, effect, reason: 'it writes a file' };
  return { type: 'verdict', atMs, chunk, verdict };
}

describe('statementTimeout', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    return () => vi.useRealTimers();
  });

  /** Lets the events happen at their times, and says when the limit of 100 ms was found to be exceeded. */
  async function timeoutOf(events: readonly RunEvent[]): Promise<{ line: number; atMs: number } | undefined> {
    const events$ = new Subject<RunEvent>();
    let nowMs = 0;
    let found: { line: number; atMs: number } | undefined;
    events$
      .pipe(
        statementTimeout(100, (error) => {
          expect(error).toBeInstanceOf(StatementTimeoutError);
          found ??= { line: error.chunk.line, atMs: nowMs };
        }),
      )
      .subscribe();
    for (; nowMs < 1_000; nowMs++) {
      for (const event of events) if (event.atMs === nowMs) events$.next(event);
      await vi.advanceTimersByTimeAsync(1);
    }
    events$.complete();
    return found;
  }

  it.each([
    ['one that ends in time', [eventOf('started', 0, 5), eventOf('finished', 0, 104)], undefined],
    ['one that does not', [eventOf('started', 0, 5)], { line: 1, atMs: 104 }],
    [
      'each statement by itself',
      [
        ...[eventOf('started', 0, 0), eventOf('finished', 0, 90)],
        ...[eventOf('started', 1, 90), eventOf('finished', 1, 180)],
      ],
      undefined,
    ],
    [
      'the second one',
      [eventOf('started', 0, 0), eventOf('finished', 0, 90), eventOf('started', 1, 90)],
      { line: 2, atMs: 189 },
    ],
    [
      'not the time for which it is held',
      [
        ...[eventOf('started', 0, 0), verdictOf(0, 'hold', 60), verdictOf(0, 'run', 560)],
        eventOf('finished', 0, 595),
      ],
      undefined,
    ],
    [
      'the time before and after that',
      [eventOf('started', 0, 0), verdictOf(0, 'hold', 60), verdictOf(0, 'run', 560)],
      { line: 1, atMs: 599 },
    ],
    [
      'not the verdict about another',
      [eventOf('started', 0, 0), verdictOf(1, 'hold', 50)],
      { line: 1, atMs: 99 },
    ],
    [
      'nothing after its end',
      [eventOf('started', 0, 0), { type: 'closed', atMs: 50, durationMs: 0, error: null }],
      undefined,
    ],
  ] as const satisfies [string, RunEvent[], unknown][])('counts %s', async (_, events, expected) => {
    expect(await timeoutOf(events)).toEqual(expected);
  });

  it('names the line and the limit', () => {
    const { chunk } = eventOf('started', 1, 0) as Extract<RunEvent, { type: 'started' }>;
    expect(new StatementTimeoutError(chunk, 1500).message).toBe(
      'The statement in line 2 ran for more than 1.5 s and was interrupted. Allow it more time, or less work.',
    );
  });
});
