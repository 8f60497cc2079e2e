import { differences, finalOutputs, type Way } from '@eager/engine';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FILES, type RepairCase, repairCases } from './cases.js';
import { answers, endOf, only, type Solved, Workshop } from './workshop.js';

/** Every program that a model gets wrong is repaired in both ways, from a server over HTTP to a real kernel. */

const cases = repairCases();
let workshop: Workshop;
beforeAll(() => {
  workshop = new Workshop(FILES);
});
afterAll(() => workshop[Symbol.asyncDispose]());

describe.each(cases)('$title', (repair) => {
  test.each<Way>(['resume', 'restart'])('is solved by %s', async (way) => {
    const program = wayOf(repair, way) === 'resume' ? (repair.resume ?? '') : repair.restart;
    const [solved, serial] = await Promise.all([
      workshop.solve(answers([repair.broken, program]), {
        repairBy: way,
        ...(repair.fails.startsWith('KeyboardInterrupt') && { statementTimeoutMs: 1000 }),
      }),
      workshop.serially(repair.restart),
    ]);
    const end = endOf(solved);
    expect(end, JSON.stringify(end.type === 'failed' && end.reason)).toMatchObject({ type: 'solved' });
    expect(end.attempts).toMatchObject([
      { outcome: 'error', problem: expect.stringContaining(repair.fails.split(' ')[0] ?? '') },
      { outcome: 'ok', by: wayOf(repair, way) },
    ]);
    expect(differences(serial.outputs, finalOutputs(end.outputs))).toEqual([]);
    expect(solved.files).toEqual(serial.files);
    expectToldOf(repair, solved);
    expectNothingTwice(solved);
    if (way === 'restart' && repair.restartsOn !== 'resumed') {
      expect(end.program).toBe(repair.restart);
      expect(only(solved, 'kernel')).toMatchObject([{ isFresh: repair.restartsOn === 'fresh' }]);
    }
  });
});

test('there are cases enough', () => {
  expect(cases.length).toBeGreaterThanOrEqual(25);
});

/** Not each way is there for each case. */
function wayOf({ resume, restartsOn }: RepairCase, way: Way): Way {
  if (resume === undefined) return 'restart';
  return restartsOn === 'resumed' ? 'resume' : way;
}

/** The model has been told of the error, with its line. */
function expectToldOf({ fails }: RepairCase, { requests }: Solved): void {
  expect(requests).toHaveLength(2);
  const prompt = JSON.stringify([requests[1]?.messages].flat().at(-1));
  const [ename = '', line = ''] = fails.split(' in ');
  expect(prompt).toContain(ename);
  expect(prompt).toContain(line);
}

/** The program that stands on the kernel is what has run there, and what has an effect has run once, on any kernel. */
function expectNothingTwice(solved: Solved): void {
  const all: string[] = [];
  let ran: string[] = [];
  for (const event of solved.events) {
    if (event.type === 'kernel' && event.isFresh) ran = [];
    if (event.type !== 'run' || event.event.type !== 'finished' || event.event.status !== 'ok') continue;
    ran.push(event.event.chunk.code.trimEnd());
    all.push(event.event.chunk.code.trimEnd());
  }
  const { statements } = endOf(solved);
  expect(ran).toEqual(statements.map(({ code }) => code.trimEnd()));
  for (const { code, effects } of statements) {
    if (effects.length > 0) expect(all.filter((each) => each === code.trimEnd())).toHaveLength(1);
  }
}
