import { runSerially$, type Way } from '@eager/engine';
import { answerText, codeFences, type Message, openAI } from '@eager/generation';
import { tap } from 'rxjs';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { scriptedModel } from '../models/scripted-model.js';
import { FILES, type RepairCase, repairCases } from './cases.js';
import { answers, endOf, Workshop } from './workshop.js';

/**
 * What a repair saves beside generating the whole answer, running it, reporting its error, and generating anew: a table of tokens
 * and seconds, for people. The model writes `EAGER_REPAIR_RATE` tokens a second, and after each program of the cases what programs of its
 * kind go on with. Not run without that variable, since it takes as long as it says.
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
  const rows: Record<string, Record<string, string | number>> = {};
  beforeAll(() => {
    workshop = new Workshop(FILES);
  });
  afterAll(async () => {
    await workshop[Symbol.asyncDispose]();
    console.table({ ...rows, 'all together': total(Object.values(rows)) });
  });

  const settings = `ttft: 300\nrate: ${rate}`;
  const cases = repairCases().filter(({ resume, fails }) => resume && !fails.startsWith('KeyboardInterrupt'));
  test.each(cases)('$title', { timeout: 120_000 }, async (repair) => {
    const [plain, resume, restart] = [
      await generateAll(repair),
      await repaired(repair, 'resume'),
      await repaired(repair, 'restart'),
    ];
    rows[repair.title.slice(0, 40)] = {
      'tokens, all': plain.tokens,
      resume: resume.tokens,
      restart: restart.tokens,
      'seconds, all': plain.seconds,
      'resume, s': resume.seconds,
      'restart, s': restart.seconds,
    };
  });

  async function repaired({ broken, resume = '', restart, restartsOn }: RepairCase, way: Way): Promise<Cost> {
    const next = way === 'resume' || restartsOn === 'resumed' ? resume : restart;
    const startMs = performance.now();
    const solved = await workshop.solve(answers([broken + REST, next + REST], settings), { repairBy: way });
    const seconds = secondsSince(startMs);
    return {
      tokens: endOf(solved).attempts.reduce((sum, { outputTokens }) => sum + outputTokens, 0),
      seconds,
    };
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
          if (event.type === 'finish') tokens += event.usage?.outputTokens ?? 0;
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

interface Cost {
  readonly tokens: number;
  readonly seconds: number;
}

function secondsSince(startMs: number): number {
  return Math.round((performance.now() - startMs) / 100) / 10;
}

function total(rows: readonly Record<string, string | number>[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const row of rows) {
    for (const [name, value] of Object.entries(row)) {
      sums[name] = Math.round(((sums[name] ?? 0) + Number(value)) * 10) / 10;
    }
  }
  return sums;
}
