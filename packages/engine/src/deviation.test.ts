import { describe, expect, it } from 'vitest';
import type { RunEvent } from './events.js';
import { type SimulatedRun, simulateRun } from './simulated-run.fixture.js';
import { Timeline } from './timeline.js';

const run: SimulatedRun = {
  statements: [
    { code: 'a = 1\n', arrivedAtMs: 100, closedAtMs: 110, durationMs: 5 },
    { code: 'b = 2\n', arrivedAtMs: 200, closedAtMs: 210, durationMs: 5 },
    { code: 'c = 3\n', arrivedAtMs: 300, closedAtMs: 310, durationMs: 5 },
    { code: 'd = 4\n', arrivedAtMs: 400, closedAtMs: 410, durationMs: 5 },
  ],
  tokenTimesMs: [100, 110, 200, 210, 300, 310, 400, 410],
  overheadMs: 4,
};

/** The simulated run, of which one kind of event from one batch on is later than it should be. */
function delayed(batchId: number, byMs: number, types: readonly RunEvent['type'][]): RunEvent[] {
  return simulateRun(run).map((event): RunEvent => {
    if (event.type === 'end') {
      const endToEndMs = event.endToEndMs + byMs;
      return { ...event, atMs: event.atMs + byMs, endToEndMs };
    }
    if (!('batch' in event) || event.batch.id < batchId || !types.includes(event.type)) return event;
    const batch = { ...event.batch, atMs: event.batch.atMs + (types.includes('batch') ? byMs : 0) };
    return { ...event, atMs: event.atMs + byMs, batch };
  });
}

describe('the deviation of a run from its prediction', () => {
  it.each<{ name: string; events: RunEvent[]; expected: Timeline['deviation'] }>([
    { name: 'an ideal run', events: simulateRun(run), expected: undefined },
    {
      name: 'a delay within the tolerance',
      events: delayed(3, 20, ['batch', 'started', 'finished']),
      expected: undefined,
    },
    {
      name: 'a kernel that is not ready',
      events: delayed(0, 500, ['batch', 'started', 'finished']),
      expected: { span: 'kernel start', excessMs: 500, batchId: 0 },
    },
    {
      name: 'a batch that is sent late',
      events: delayed(3, 100, ['batch', 'started', 'finished']),
      expected: { span: 'hand-over', excessMs: 100, batchId: 3 },
    },
    {
      name: 'a batch that costs more',
      events: delayed(3, 100, ['finished']),
      expected: { span: 'overhead', excessMs: 100, batchId: 3 },
    },
    {
      name: 'a result that comes after all work',
      events: delayed(4, 100, []),
      expected: { span: 'end', excessMs: 100, batchId: undefined },
    },
  ])('$name', ({ events, expected }) => {
    const timeline = events.reduce((before, event) => before.add(event), Timeline.empty);
    expect(timeline.deviation).toEqual(expected);
  });
});
