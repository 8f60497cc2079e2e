import { from, lastValueFrom, map, mergeMap, type Observable, of, toArray } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { codeFences } from './code-fences.js';
import { answerText } from './models/answer-text.js';
import type { ModelEvent, ToolCall } from './models/model.js';
import type { Token } from './token.js';
import { type ToolCodeOptions, type ToolProgram, toolCode, toolPrograms } from './tool-arguments.js';

const first: ToolCall = { index: 0, id: 'a', name: 'run_python' };
const second: ToolCall = { index: 1, id: 'b', name: 'run_python' };
const search: ToolCall = { index: 2, id: 'c', name: 'search' };

/** An answer; `atMs` is the position of the event. A call begins with the first of its pieces. */
function answer(...parts: readonly (string | readonly [ToolCall, string])[]): Observable<ModelEvent> {
  const begun = new Set<ToolCall>();
  const events = parts.flatMap((part): ModelEvent[] => {
    if (typeof part === 'string') return [{ type: 'text', atMs: 0, text: part }];
    const [call, text] = part;
    const pieces: ModelEvent = { type: 'tool-arguments', atMs: 0, call, text };
    if (begun.has(call)) return [pieces];
    begun.add(call);
    return [{ type: 'tool-call', atMs: 0, call }, pieces];
  });
  const finish: ModelEvent = { type: 'finish', atMs: 0, reason: 'tool-calls' };
  return from([...events, finish].map((event, atMs) => ({ ...event, atMs })));
}

const code = (events$: Observable<ModelEvent>, options?: ToolCodeOptions) =>
  lastValueFrom(events$.pipe(toolCode(options), toArray()));
const textOf = (tokens: readonly Token[]) => tokens.map(({ text }) => text).join('');

const programs = (events$: Observable<ModelEvent>, options?: ToolCodeOptions) =>
  lastValueFrom(
    events$.pipe(
      toolPrograms(options),
      mergeMap(({ call, code$ }: ToolProgram) =>
        code$.pipe(
          toArray(),
          map((tokens) => `${call.id}: ${textOf(tokens)}`),
        ),
      ),
      toArray(),
    ),
  );

describe('toolCode', () => {
  test('gives the code with the times of its pieces, and says when the answer ended', async () => {
    expect(
      await code(answer([first, '{"code": "x ='], [first, ' 1\\'], [first, 'n'], [first, '"}'])),
    ).toEqual([
      { text: 'x =', atMs: 1 },
      { text: ' 1', atMs: 2 },
      { text: '\n', atMs: 3 },
      { text: '', atMs: 5 },
    ]);
  });

  test.each<[title: string, events$: Observable<ModelEvent>, expected: string]>([
    ['no call', answer('Hello'), ''],
    ['a call without arguments', answer([first, '']), ''],
    ['a call without code', answer([first, '{"title": "x"}']), ''],
    ['text around a call', answer('Now:', [first, '{"code": "x"}'], 'Done'), 'x'],
    [
      'two calls, the first without a last line break',
      answer([first, '{"code": "x"}'], [second, '{"code": "y"}']),
      'x\ny',
    ],
    ['two calls, the first with one', answer([first, '{"code": "x\\n"}'], [second, '{"code": "y"}']), 'x\ny'],
    [
      'calls that are written at once, one after the other',
      answer([first, '{"code": "a'], [second, '{"code": "c'], [first, 'b'], [second, 'd"}'], [first, '"}']),
      'ab\ncd',
    ],
    ['another tool', answer([search, '{"code": "no"}'], [second, '{"code": "y"}']), 'y'],
  ])('reads %s', async (_title, events$, expected) => {
    expect(textOf(await code(events$, { tool: 'run_python' }))).toBe(expected);
  });

  test('reads another property than `code`', async () => {
    const events$ = answer([first, '{"code": 1, "source": "x"}']);
    expect(textOf(await code(events$, { property: 'source' }))).toBe('x');
  });

  test.each([
    ['that are no JSON', answer([first, 'print(1)']), 'at offset 0'],
    ['that are incomplete', answer([first, '{"code": "x']), 'at offset 11'],
  ])('fails on arguments %s', async (_title, events$, message) => {
    await expect(code(events$)).rejects.toThrow(message);
    await expect(programs(events$)).rejects.toThrow(message);
  });

  test('keeps no state between two subscriptions', async () => {
    const code$ = answer([first, '{"code": "x"}']).pipe(toolCode(), toArray());
    expect(await lastValueFrom(code$)).toEqual(await lastValueFrom(code$));
  });
});

describe('toolPrograms', () => {
  test('gives each call as a program', async () => {
    const events$ = answer([first, '{"code": "x"}'], [search, '{"q": "?"}'], [second, '{"code": "y"}']);
    expect(await programs(events$, { tool: 'run_python' })).toEqual(['a: x', 'b: y']);
  });

  test('ends a program with its arguments, not with the answer', async () => {
    const order: string[] = [];
    const [call, pieces] = await lastValueFrom(answer([first, '{"code": "x"}']).pipe(toArray()));
    await lastValueFrom(
      of(call, pieces).pipe(
        map((event) => event as ModelEvent),
        toolPrograms(),
        mergeMap(({ code$ }) => code$.pipe(toArray())),
        map(() => order.push('program')),
      ),
    );
    expect(order).toEqual(['program']);
  });
});

test('an answer of text is markdown, or code', async () => {
  const events$ = answer('Hi\n```py\n', 'x = 1\n', '```\n');
  expect(textOf(await lastValueFrom(events$.pipe(answerText(), codeFences(), toArray())))).toBe('x = 1\n');
});
