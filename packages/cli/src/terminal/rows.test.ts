import type { RunEvent } from '@eager/engine';
import { describe, expect, test } from 'vitest';
import { Scenario } from './events.fixture.js';
import { liveRows, settledRows } from './rows.js';
import { widthOf } from './text.js';
import { colourTheme, plainTheme } from './theme.js';
import { Transcript } from './transcript.js';

const wide = { theme: plainTheme, size: { columns: 80, rows: 24 } };
const MAX_OUTPUT = 3;

describe('an eager run', () => {
  test('statements settle one after the other, with their output beneath them', () => {
    const run = new Scenario();
    const screen = show([
      ...run.writes('import os\n\n\n# Two\nx = [\n  1,\n]\nprint(x)\nfor i in x:\n    pa'),
      run.starts(0),
      run.finishes(0, 210),
      run.starts(1),
      run.finishes(1, 0.42),
      run.starts(2, 900),
      run.prints(2, '[1]\nand'),
    ]);
    expect(screen.settled).toMatchInlineSnapshot(`
      [
        "   1 ✓  210 ms  import os",
        "",
        "   4            # Two",
        "   5 ✓  0.4 ms  x = [",
        "   6              1,",
        "   7            ]",
      ]
    `);
    expect(screen.live(1300)).toMatchInlineSnapshot(`
      [
        "   8 ◑   0.4 s  print(x)",
        "                [1]",
        "                and",
        "   9 ⋯          for i in x:",
        "  10                pa",
        "",
        "   1.3 s  1 token  ·  2 of 3 statements done",
      ]
    `);
  });

  test('the code of a step that prints much is settled while it runs, and its result comes after its output', () => {
    const run = new Scenario();
    const screen = show([
      ...run.writes('train()\nx = 1\n'),
      run.starts(0),
      run.prints(0, '1\n2\n3\n4\n 50%'),
    ]);
    expect(screen.settled).toEqual(['   1 ▸          train()', ...['1', '2', '3', '4'].map(beneath)]);
    expect(screen.live(2000)).toEqual([
      beneath(' 50%'),
      '     ◓   2.0 s  line 1',
      '   2 ○          x = 1',
      '',
      '   2.0 s  1 token  ·  0 of 2 statements done',
    ]);
    screen.add([run.prints(0, '\r100%\n'), run.finishes(0, 2100)]);
    expect(screen.settled.slice(5)).toEqual([beneath('100%'), '     ✓  2.10 s  line 1']);
  });

  test('after an exception nothing more runs', () => {
    const run = new Scenario();
    const screen = show([
      ...run.writes('a\nb\n'),
      run.starts(0),
      ...run.raises(0, 3),
      ...run.writes('c\nd'),
      run.ends('error'),
    ]);
    expect(screen.settled).toEqual([
      '   1 ✗  3.0 ms  a',
      beneath('ValueError: no'),
      '   2 –          b',
      '   3 –          c',
      '   4 –          d',
    ]);
  });

  test('what a thread prints after its statement has settled still appears', () => {
    const run = new Scenario();
    const screen = show([...run.writes('a\nb\n'), run.starts(0), run.finishes(0, 1)]);
    expect(screen.settled).toEqual(['   1 ✓  1.0 ms  a']);
    screen.add([run.prints(0, 'late\nopen')]);
    expect(screen.settled).toEqual(['   1 ✓  1.0 ms  a', beneath('late')]);
    expect(screen.live(0)[0]).toBe(beneath('open'));
    screen.add([run.ends()]);
    expect(screen.settled.slice(2)).toEqual([beneath('open'), '   2 –          b']);
  });

  test('clear_output forgets what has not settled', () => {
    const run = new Scenario();
    const clear = (wait: boolean) => run.outputs(0, { output_type: 'clear_output', wait });
    const screen = show([...run.writes('a\n'), run.starts(0), run.prints(0, 'one\n'), clear(true)]);
    expect(screen.live(0)[1]).toBe(beneath('one'));
    screen.add([run.prints(0, 'two\n')]);
    expect(screen.live(0)[1]).toBe(beneath('two'));
    screen.add([clear(false)]);
    expect(screen.live(0)[1]).toBe('');
  });
});

test('a serial run shows the whole program, then its output, then one result', () => {
  const run = new Scenario();
  const screen = show([...run.writes('a\nb\n'), ...run.writes('# end\n'), ...run.written()]);
  expect(screen.live(0)).toEqual([
    '   1 ○          a',
    '   2 ○          b',
    '   3            # end',
    '',
    '   0.0 s  2 tokens  ·  0 of 2 statements done',
  ]);
  screen.add([run.starts('all', 100), run.prints('all', 'out')]);
  expect(screen.settled).toEqual(['   1            a', '   2            b']);
  expect(screen.live(300).slice(0, 2)).toEqual([beneath('out'), '     ◓   0.2 s  the whole program']);
  screen.add([run.finishes('all', 2000), run.ends()]);
  expect(screen.settled.slice(2)).toEqual([
    beneath('out'),
    '     ✓  2.00 s  the whole program',
    '   3            # end',
  ]);
  expect(screen.transcript.progress.finished).toBe(2);
});

test('before the first token there is a clock', () => {
  expect(show([]).live(480)).toEqual(['', '   0.5 s  waiting for the first token']);
});

describe('the window', () => {
  const program = Array.from({ length: 40 }, (_, line) => `statement_${line + 1} = "${'温'.repeat(60)}"\n`);

  test('shows what runs at the top, what arrives at the bottom, and counts what is between', () => {
    const run = new Scenario();
    const screen = show([...run.writes(program.join('')), run.starts(0)]);
    const rows = screen.live(0, { columns: 50, rows: 8 });
    expect(rows.map((row) => row.slice(0, 27))).toEqual([
      '◐          statement_1 = "温',
      '           ⋮ 36 more lines',
      '○          statement_38 = "',
      '○          statement_39 = "',
      '○          statement_40 = "',
      '',
      '   0.0 s  1 token  ·  0 of ',
    ]);
  });

  test.each([
    [80, 24],
    [63, 10],
    [20, 5],
    [5, 2],
    [2, 1],
  ])('never exceeds a terminal of %i × %i', (columns, rows) => {
    const run = new Scenario();
    const lines = Array.from({ length: 30 }, (_, line) => `\t\x1b[31moutput ${line} ${'x'.repeat(200)}\n`);
    const screen = show([
      ...run.writes(program.join('')),
      run.starts(0),
      run.prints(0, lines.slice(0, 3).join('')),
    ]);
    const check = () => {
      const live = screen.live(0, { columns, rows }, colourTheme);
      expect(live.length).toBeLessThanOrEqual(Math.max(1, rows - 1));
      for (const row of live) expect(widthOf(row)).toBeLessThan(columns);
    };
    check();
    screen.add([run.prints(0, lines.join(''))]);
    check();
  });
});

test('output moves to the left as far as its widest line needs, and is never cut once it has settled', () => {
  const run = new Scenario();
  const screen = show([
    ...run.writes('a\n'),
    run.starts(0),
    run.prints(0, `${'x'.repeat(70)}\ny\n`),
    run.finishes(0, 1),
  ]);
  expect(screen.settled.slice(1)).toEqual([`${' '.repeat(9)}${'x'.repeat(70)}`, `${' '.repeat(9)}y`]);
  const long = 'x'.repeat(200);
  expect(settledRows({ type: 'output', lines: [long] }, wide)).toEqual([long]);
});

test('complete statements are coloured, and rows end without colour', () => {
  const run = new Scenario();
  const screen = show(run.writes('def f():  # why\n  return "a\\n"\nx'));
  const [first, second, third] = screen.live(0, wide.size, colourTheme);
  expect(first).toContain('\x1b[35mdef\x1b[39m \x1b[34mf\x1b[39m():  \x1b[2m# why\x1b[22m');
  expect(second).toContain('\x1b[35mreturn\x1b[39m \x1b[32m"a');
  expect(second?.endsWith('\x1b[39m\x1b[0m')).toBe(true);
  expect(third).toMatch(/ {2}x$/);
});

function show(events: readonly RunEvent[]) {
  const transcript = new Transcript(false);
  const settled: string[] = [];
  const add = (more: readonly RunEvent[]) => {
    for (const event of more) transcript.add(event);
    settled.push(...transcript.settle(MAX_OUTPUT).flatMap((part) => settledRows(part, wide)));
  };
  add(events);
  const live = (nowMs: number, size = wide.size, theme = wide.theme) =>
    liveRows(transcript, nowMs, { theme, size });
  return { transcript, settled, add, live };
}

function beneath(output: string): string {
  return `${' '.repeat(16)}${output}`;
}
