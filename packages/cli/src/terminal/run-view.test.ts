import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Scenario } from './events.fixture.js';
import { runView, type TextStream } from './run-view.js';
import { Screen } from './screen.fixture.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

class Pipe implements TextStream {
  readonly isTTY: boolean;
  text = '';

  constructor(isTTY = false) {
    this.isTTY = isTTY;
  }

  write(text: string): void {
    this.text += text;
  }
}

const env = { NO_COLOR: '1', TERM: 'xterm' };

describe('on a terminal', () => {
  test('code and output come in the order of the program, and only they stay', () => {
    const screen = new Screen();
    const view = runView({ stdout: screen, stderr: screen, env });
    const run = new Scenario();
    for (const event of [...run.writes('a\nb\n'), run.starts(0), run.prints(0, 'out\n')]) view.next(event);
    vi.advanceTimersByTime(50);
    expect(screen.isCursorHidden).toBe(true);
    expect(screen.lines.slice(0, 3)).toEqual([
      expect.stringMatching(/^ {3}1 . {10}a$/),
      `${' '.repeat(16)}out`,
      '   2 ○          b',
    ]);
    for (const event of [run.finishes(0, 2), run.starts(1), run.finishes(1, 1), run.ends()]) view.next(event);
    expect(screen.lines).toEqual(['   1 ✓  2.0 ms  a', `${' '.repeat(16)}out`, '   2 ✓  1.0 ms  b']);
    expect(screen.isCursorHidden).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('output that goes elsewhere goes there as it is', () => {
    const [screen, file] = [new Screen(), new Pipe()];
    const view = runView({ stdout: file, stderr: screen, env });
    const run = new Scenario();
    view.next(run.writes('a\nb\n')[1] ?? expect.fail());
    for (const event of [run.prints(0, '5%\r10%'), run.finishes(0, 1), run.ends()]) view.next(event);
    expect(file.text).toBe('5%\r10%');
    expect(screen.lines.join('\n')).not.toContain('10%');
  });

  test('a pause leaves the terminal to others', async () => {
    const screen = new Screen();
    const view = runView({ stdout: screen, stderr: screen, env });
    const run = new Scenario();
    for (const event of [...run.writes('a\nb\n'), run.starts(0)]) view.next(event);
    const answer = await view.paused(async () => {
      expect(screen.isCursorHidden).toBe(false);
      expect(screen.lines).toEqual(['   1 ▸          a']);
      screen.write('name? me\n');
      return 'me';
    });
    expect(answer).toBe('me');
    expect(screen.lines.slice(1, 4)).toEqual([
      'name? me',
      expect.stringMatching(/^ {5}\S {10}line 1$/),
      '   2 ○          b',
    ]);
    view[Symbol.dispose]();
  });
});

describe.each([
  ['in a pipe', new Pipe(), env],
  ['on a dumb terminal', new Pipe(true), { ...env, TERM: 'dumb' }],
])('%s', (_, stderr, env) => {
  test('there are plain lines', () => {
    const stdout = new Pipe();
    const view = runView({ stdout, stderr, env });
    const run = new Scenario();
    const events = [
      ...run.writes('import os\nfor x in y:\n\tprint(x)\n'),
      ...run.written(),
      run.starts(0),
      run.finishes(0, 0.8, 1234.4),
      ...run.raises(1, 12, 2000),
      run.ends('error'),
    ];
    for (const event of events) view.next(event);
    expect(stderr.text.split('\n')).toEqual([
      '  1.234s  line 1    done in 0.8 ms   import os',
      'ValueError: no',
      '  2.000s  line 2    failed after 12 ms  for x in y:',
      '',
    ]);
    expect(stdout.text).toBe('');
    expect(vi.getTimerCount()).toBe(0);
  });
});
