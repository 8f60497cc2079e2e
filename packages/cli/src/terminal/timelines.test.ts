import { type RunEvent, Timeline } from '@eager/engine';
import { describe, expect, test } from 'vitest';
import { simulateRun } from '../../../engine/src/simulated-run.fixture.js';
import { Scenario } from './events.fixture.js';
import { summaryLines } from './summary.js';
import { widthOf } from './text.js';
import { plainTheme } from './theme.js';
import { comparisonLines } from './timeline-text.js';

const statements = [
  { code: 'import pandas\n', arrivedAtMs: 990, closedAtMs: 1000, durationMs: 1500 },
  { code: 'fit()\n', arrivedAtMs: 3990, closedAtMs: 4000, durationMs: 2000 },
  { code: 'show()\n', arrivedAtMs: 7990, closedAtMs: 8000, durationMs: 500 },
];
const tokenTimesMs = [500, 1000, 4000, 8000];

const eager = timelineOf(simulateRun({ statements, tokenTimesMs, overheadMs: 2 }));
const serial = timelineOf(serialEvents());

describe('comparisonLines', () => {
  test('draws both runs on one axis', () => {
    expect(comparisonLines({ serial, eager }, 80, plainTheme)).toMatchInlineSnapshot(`
      [
        "Serial  writing ··━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┫",
        "        running                                    ██████████████████  12.00 s",
        "Eager   writing ··━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┫",
        "        running     ▅██████▁     ▃████████▅        ▆█▅  8.50 s",
        "        bound                                        ▲  8.49 s",
        "                0 s                   5 s                   10 s",
        "",
        "saved 3.50 s (29 %)",
        "12 ms above the lower bound of 8.49 s",
      ]
    `);
  });

  test('fits a narrow terminal', () => {
    expect(comparisonLines({ serial, eager }, 50, plainTheme)).toMatchInlineSnapshot(`
      [
        "Serial  writing ━━━━━━━━━━━━━━━┫",
        "        running                ████████  12.00 s",
        "Eager   writing ━━━━━━━━━━━━━━━┫",
        "        running  ▁██▇  ▃███▅   ▆▃  8.50 s",
        "        bound                   ▲  8.49 s",
        "                0 s      5 s       10 s",
        "",
        "saved 3.50 s (29 %)",
        "12 ms above the lower bound of 8.49 s",
      ]
    `);
  });

  test('says so when the eager run was slower', () => {
    const lines = comparisonLines({ serial: eager, eager: serial }, 80, plainTheme);
    expect(lines.at(-2)).toBe('3.50 s slower (41 %)');
  });

  test.each([1, 20, 27, 200])('never exceeds %i columns', (columns) => {
    const lanes = comparisonLines({ serial, eager }, columns, plainTheme).slice(0, -3);
    for (const row of lanes) expect(widthOf(row)).toBeLessThan(columns);
  });

  test('of runs without events is possible', () => {
    expect(comparisonLines({ serial: Timeline.empty, eager: Timeline.empty }, 80, plainTheme).at(-2)).toBe(
      'saved 0 ms',
    );
  });
});

describe('summaryLines', () => {
  test('of an eager run', () => {
    expect(summaryLines(eager, plainTheme)).toMatchInlineSnapshot(`
      [
        "✓ Finished in 8.50 s",
        "  writing        8.00 s  4 tokens, the first after 500 ms",
        "  running        4.00 s  3 statements in 3 batches, 88 % of it during the writing",
        "  extra wait     502 ms  from the last token to the last result",
        "  predicted      8.50 s  by the latency model, 0.0 % off",
        "  lower bound    8.49 s  no run in this order ends sooner; this one took 12 ms (0.1 %) more",
      ]
    `);
  });

  test('of a serial run', () => {
    expect(summaryLines(serial, plainTheme)).toMatchInlineSnapshot(`
      [
        "✓ Finished in 12.00 s",
        "  writing        8.00 s  4 tokens, the first after 500 ms",
        "  running        4.00 s  3 statements in one request",
        "  extra wait     4.00 s  from the last token to the last result",
      ]
    `);
  });

  test('of a run that raised', () => {
    const [first, ...others] = statements;
    const failing = [
      { ...first, raises: { ename: 'ValueError', evalue: 'no' } },
      ...others,
    ] as typeof statements;
    const timeline = timelineOf(simulateRun({ statements: failing, tokenTimesMs, overheadMs: 2 }));
    expect(summaryLines(timeline, plainTheme).slice(0, 3)).toMatchInlineSnapshot(`
      [
        "✗ ValueError ended the program; the run took 8.00 s",
        "  writing        8.00 s  4 tokens, the first after 500 ms",
        "  running        1.50 s  0 of 3 statements in 1 batch, 100 % of it during the writing",
      ]
    `);
  });

  test('of a run that was interrupted before its first token', () => {
    const timeline = timelineOf([new Scenario().ends('interrupted', 100)]);
    expect(summaryLines(timeline, plainTheme)[0]).toBe('✗ Stopped after 100 ms');
  });
});

function timelineOf(events: readonly RunEvent[]): Timeline {
  return events.reduce((timeline, event) => timeline.add(event), Timeline.empty);
}

/** The same program as one request after the last token. */
function serialEvents(): RunEvent[] {
  const run = new Scenario();
  const code = statements.map((statement) => statement.code);
  const written = tokenTimesMs.flatMap((atMs, index) => run.writes(code[index] ?? '', atMs));
  const batch = { id: 0, chunks: [] as never[], atMs: 8000 };
  const started = run.starts('all', 8000);
  if (started.type !== 'started') throw new Error('A step starts with another event.');
  const summary = { generationMs: 8000, executionMs: 4000, nonOverlappedMs: 4000, endToEndMs: 12_000 };
  return [
    ...written,
    ...run.written(8000),
    { type: 'batch', atMs: 8000, batch: { ...batch, chunks: [started.chunk] } },
    started,
    run.finishes('all', 4000, 12_000),
    { type: 'end', atMs: 12_000, status: 'ok', ...summary, statements: 3, batches: 1 },
  ];
}
