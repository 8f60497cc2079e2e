import { runSerially$, type Way } from '@eager/engine';
import { answerText, codeFences, type Message, openAI } from '@eager/generation';
import { tap } from 'rxjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scriptedModel } from '../models/scripted-model.js';
import { FILES, type RepairCase, repairCases } from './cases.js';
import { answers, endOf, only, Workshop } from './workshop.js';

/**
 * What a repair saves beside generating the whole answer, running it, reporting its error, and generating anew: a table of the tokens
 * that arrived and of seconds, for people. The model writes `EAGER_REPAIR_RATE` tokens a second, such as 400, and after each
 * program of the cases what programs of its kind go on with. Not run without that variable: at 400 it takes some three minutes. Its
 * numbers are those of the machine; what it asserts depends on no time.
 */
const rate = Number(process.env.EAGER_REPAIR_RATE ?? 0);

const REST = `
title = "Summary of the week"
print(title)
print("=" * len(title))
rows = [("Monday", 12, 3.5), ("Tuesday", 9, 3.5), ("Wednesday", 14, 3.0), ("Thursday", 7, 3.0)]
for day, cups, price in rows:
    print(f"{day:<12}{cups:>6}{cups * price:>10.2f}")
best_day, best_cups, _ = max(rows, key=lambda row: row[1])
print(f"Best day: {best_day} with {best_cups} cups")
turnover = sum(cups * price for _, cups, price in rows)
print(f"Turnover: {turnover:.2f}")
print(f"Mean per day: {turnover / len(rows):.2f}")
`;

describe.runIf(rate > 0)(`at ${rate} tokens a second`, () => {
  let workshop: Workshop;
  const rows: Record<string, Row> = {};
  beforeAll(() => {
    workshop = new Workshop(FILES);
  });
  afterAll(async () => {
    await workshop[Symbol.asyncDispose]();
    const costs = Object.values(rows);
    console.table({ ...rows, 'all together': inAll(costs, sum), median: inAll(costs, median) });
  });

  const settings = `ttft: 300\nrate: ${rate}`;
  const cases = repairCases().filter(({ resume, fails }) => resume && !fails.startsWith('KeyboardInterrupt'));
  test.each(cases)('$title', { timeout: 120_000 }, async (repair) => {
    const plain = await generateAll(repair);
    const resume = await repaired(repair, 'resume');
    const restart = await repaired(repair, 'restart');
    rows[repair.title.slice(0, 40)] = {
      ...{ 'tokens, all': plain.tokens, resume: resume.tokens, restart: restart.tokens },
      ...{ 'seconds, all': plain.seconds, 'resume, s': resume.seconds, 'restart, s': restart.seconds },
    };
  });

  async function repaired({ broken, resume = '', restart, restartsOn }: RepairCase, way: Way): Promise<Cost> {
    const next = way === 'resume' || restartsOn === 'resumed' ? resume : restart;
    const startMs = performance.now();
    const solved = await workshop.solve(answers([broken + REST, next + REST], settings), { repairBy: way });
    const seconds = secondsSince(startMs);
    expect(endOf(solved)).toMatchObject({
      type: 'solved',
      attempts: [{ outcome: 'error' }, { outcome: 'ok' }],
    });
    return { tokens: only(solved, 'model').filter(({ event }) => event.type === 'text').length, seconds };
  }

  async function generateAll({ broken, restart }: RepairCase): Promise<Cost> {
    await using server = await scriptedModel(answers([broken + REST, restart + REST], settings));
    const model = openAI({ model: 'm', baseUrl: `${server.url}/v1` });
    const messages: Message[] = [{ role: 'user', content: 'Do it.' }];
    let tokens = 0;
    await workshop.emptyKernel('serial'); // Its start is no part of the comparison.
    const startMs = performance.now();
    for (const _ of ['first', 'again']) {
      const kernel = await workshop.emptyKernel('serial');
      const code$ = model.stream({ messages }).pipe(
        tap((event) => {
          if (event.type === 'text') tokens++;
        }),
        answerText(),
        codeFences(),
      );
      await runSerially$(code$, kernel).forEach((event) => {
        if (event.type === 'error') messages.push({ role: 'user', content: event.traceback.join('\n') });
      });
    }
    return { tokens, seconds: secondsSince(startMs) };
  }
});

type Row = Readonly<Record<string, number>>;

interface Cost {
  readonly tokens: number;
  readonly seconds: number;
}

function secondsSince(startMs: number): number {
  return Math.round((performance.now() - startMs) / 100) / 10;
}

function inAll(rows: readonly Row[], all: (values: readonly number[]) => number): Row {
  const names = Object.keys(rows[0] ?? {});
  const values = (name: string) => rows.map((row) => row[name] ?? 0);
  return Object.fromEntries(names.map((name) => [name, Math.round(all(values(name)) * 10) / 10]));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.slice(Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2) + 1);
  return sum(middle) / middle.length;
}
