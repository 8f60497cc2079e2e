import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Region } from './region.js';
import { Screen } from './screen.fixture.js';

describe('Region', () => {
  test('draws its rows in place of those before, below what is written above', () => {
    const screen = new Screen();
    screen.write('$ command\n');
    const region = new Region(screen);
    region.draw(['long row', 'status']);
    region.draw(['row']);
    region.draw(['row', 'status'], () => screen.write('output\n'));
    expect(screen.lines).toEqual(['$ command', 'output', 'row', 'status']);
    region.close();
    expect(screen.lines).toEqual(['$ command', 'output']);
  });

  test('leaves the screen right whatever is drawn', () => {
    const row = fc.constantFrom('', 'a', 'bb', 'ccc');
    const step = fc.record({ above: fc.array(row, { maxLength: 9 }), rows: fc.array(row, { maxLength: 5 }) });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const screen = new Screen(10, 6);
        const region = new Region(screen);
        const above: string[] = [];
        let last: readonly string[] = [];
        for (const step of steps) {
          above.push(...step.above);
          last = step.rows;
          const write = () => screen.write(step.above.map((line) => `${line}\n`).join(''));
          region.draw(step.rows, step.above.length > 0 ? write : undefined);
        }
        expect(screen.lines).toEqual(withoutEmptyEnd([...above, ...last]));
        region.close();
        expect(screen.lines).toEqual(withoutEmptyEnd(above));
      }),
    );
  });

  test('removes rows that the terminal has wrapped because it became narrower', () => {
    const screen = new Screen(4, 6);
    const region = new Region(screen);
    screen.write('$\n');
    region.draw(['12345678']);
    region.draw(['1234']);
    expect(screen.lines).toEqual(['$', '1234']);
  });

  test('writes nothing when nothing has changed', () => {
    const screen = new Screen();
    const region = new Region(screen);
    region.draw(['a']);
    const write = screen.write;
    screen.write = () => expect.unreachable('nothing has changed');
    region.draw(['a']);
    screen.write = write;
  });

  test('hides the cursor while it is open, and shows it when the process exits', () => {
    const screen = new Screen();
    const region = new Region(screen);
    const before = process.listeners('exit');
    expect(screen.isCursorHidden).toBe(false);
    region.draw(['a']);
    expect(screen.isCursorHidden).toBe(true);
    const [onExit] = process.listeners('exit').filter((listener) => !before.includes(listener));
    onExit?.(0);
    expect(screen.isCursorHidden).toBe(false);
    expect(process.listeners('exit')).toEqual(before);
  });
});

function withoutEmptyEnd(lines: readonly string[]): string[] {
  return lines.slice(0, lines.findLastIndex((line) => line !== '') + 1);
}
