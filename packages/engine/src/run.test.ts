import { Segmenter } from '@eager/detection';
import { type ExecutionEvent, embeddedKernel, type Kernel, KernelError } from '@eager/execution';
import { fromText, type Token } from '@eager/generation';
import {
  catchError,
  concat,
  concatMap,
  EMPTY,
  from,
  lastValueFrom,
  NEVER,
  type Observable,
  of,
  Subject,
  tap,
  throwError,
  toArray,
} from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { python } from '../../../test/python.js';
import type { RunEvent } from './events.js';
import { run$, runSerially$ } from './run.js';

/** All events, and the error that ended them, if one did. */
async function collect(events$: Observable<RunEvent>): Promise<{ events: RunEvent[]; error: unknown }> {
  let error: unknown;
  const events = await lastValueFrom(
    events$.pipe(
      catchError((reason) => {
        error = reason;
        return EMPTY;
      }),
      toArray(),
    ),
  );
  return { events, error };
}

const endOf = (events: readonly RunEvent[]) => {
  const last = events.at(-1);
  if (last?.type !== 'end') throw new Error(`The last event is ${last?.type}.`);
  return last;
};

const tokensOf = (...texts: string[]): Observable<Token> => from(texts.map((text, atMs) => ({ text, atMs })));

describe('run$ on a kernel', () => {
  let kernel: Kernel;
  beforeAll(() => {
    kernel = embeddedKernel({ python });
  });
  afterAll(() => kernel[Symbol.asyncDispose]());

  it('tells everything that happens to a program, and sums it up', async () => {
    const { events } = await collect(run$(fromText('x = 1\nprint(x)\nx', { tokensPerSecond: 200 }), kernel));
    const text = events.flatMap((event) => (event.type === 'token' ? [event.token.text] : [])).join('');
    expect(text).toBe('x = 1\nprint(x)\nx');
    const types = new Set(events.map(({ type }) => type));
    for (const type of [
      'token',
      'chunk',
      'verdict',
      'batch',
      'started',
      'output',
      'finished',
      'closed',
      'end',
    ]) {
      expect(types, type).toContain(type);
    }
    const end = endOf(events);
    expect(end).toMatchObject({ status: 'ok', statements: 3 });
    const durations = events.flatMap((event) => (event.type === 'finished' ? [event.durationMs] : []));
    expect(end.executionMs).toBeCloseTo(durations.reduce((sum, ms) => sum + ms, 0));
    expect(end.endToEndMs).toBeCloseTo(end.generationMs + end.nonOverlappedMs);
    expect(end.batches).toBe(events.filter(({ type }) => type === 'batch').length);
  });

  it('runs a statement before the next one is written', async () => {
    const tokens$ = new Subject<Token>();
    let printed = '';
    const events$ = run$(tokens$, kernel).pipe(
      tap((event) => {
        if (event.type !== 'output' || !('text' in event.output)) return;
        printed += event.output.text;
        // The second statement is written only once the first has printed.
        if (printed === '1\n') tokens$.next({ text: 'print(2)\n', atMs: 1 });
        if (printed === '1\n2\n') tokens$.complete();
      }),
    );
    const done = lastValueFrom(events$);
    tokens$.next({ text: 'print(1)\n', atMs: 0 });
    expect(await done).toMatchObject({ type: 'end', status: 'ok' });
    expect(printed).toBe('1\n2\n');
  });

  it.each([
    ['raise ValueError("x")\n', 'error', 'ValueError'],
    ['import sys\nsys.exit(3)\n', 'error', 'SystemExit'],
    ['x = (\n', 'error', /SyntaxError|_IncompleteInputError/],
    ['import sys\nsys.exit(0)\nprint("never")\n', 'ok', undefined],
    ['exit()\nprint("never")\n', 'ok', undefined],
    ['', 'ok', undefined],
    ['# only a comment\n', 'ok', undefined],
  ])('ends %j with status %s', async (program, status, ename) => {
    const { events, error } = await collect(run$(tokensOf(program), kernel));
    expect(error).toBeUndefined();
    expect(endOf(events).status).toBe(status);
    const raised = events.flatMap((event) => (event.type === 'error' ? [event.ename] : []));
    if (ename === undefined) expect(raised).toEqual([]);
    else expect(raised).toEqual([expect.stringMatching(ename)]);
  });

  it('says what had run before an error', async () => {
    const { events } = await collect(run$(tokensOf('a = 1\nb = 2\na / 0\n', 'c = 3\n'), kernel));
    expect(events.find(({ type }) => type === 'error')).toMatchObject({
      ...{ ename: 'ZeroDivisionError', alreadyRan: 2, chunk: { line: 3 } },
    });
    expect(endOf(events)).toMatchObject({ status: 'error', statements: 4 });
  });

  it('stops generation at an error only if asked to', async () => {
    const endless$ = concat(tokensOf('1 / 0\n', 'x = 1\n'), NEVER);
    const { events } = await collect(run$(endless$, kernel, { stopOnError: true }));
    expect(endOf(events).status).toBe('error');
  });

  it('never takes a program that was cut off for a complete one', async () => {
    const cut$ = concat(
      tokensOf('print("ran")\n', 'print("cut '),
      throwError(() => new Error('connection lost')),
    );
    const { events, error } = await collect(run$(cut$, kernel));
    expect(error).toEqual(new Error('connection lost'));
    expect(endOf(events)).toMatchObject({ status: 'aborted', statements: 1 });
    // The kernel has not been left waiting for the rest.
    expect(endOf((await collect(run$(tokensOf('1\n'), kernel))).events).status).toBe('ok');
  });

  it.each<[string, string, (event: RunEvent) => boolean]>([
    ['waits for the next token', 'x = 1\n', ({ type }) => type === 'finished'],
    ['runs', 'import time\ntime.sleep(60)\n', (event) => event.type === 'started' && event.chunk.line === 2],
    [
      'is held',
      'open("never-written", "w")\n',
      (event) => event.type === 'verdict' && event.verdict.kind === 'hold',
    ],
  ])('interrupts a program that %s', async (_state, program, isThere) => {
    const controller = new AbortController();
    const events$ = run$(concat(tokensOf(program), NEVER), kernel, { signal: controller.signal }).pipe(
      tap((event) => {
        if (isThere(event)) controller.abort();
      }),
    );
    const { events } = await collect(events$);
    expect(endOf(events).status).toBe('interrupted');
    expect(events.find(({ type }) => type === 'error')).toMatchObject({ ename: 'KeyboardInterrupt' });
  });

  it('serially gives the same outputs, in one request', async () => {
    const program = 'x = 1\nprint(x)\nx + 1\n';
    const [serial, eager] = [
      await collect(runSerially$(tokensOf(program), kernel)),
      await collect(run$(tokensOf(program), kernel)),
    ];
    const texts = ({ events }: { events: RunEvent[] }) =>
      events.flatMap((event) => (event.type === 'output' ? [event.output.output_type] : []));
    expect(texts(serial)).toEqual(texts(eager));
    expect(endOf(serial.events)).toMatchObject({ status: 'ok', statements: 3, batches: 1 });
  });
});

describe('run$ on a kernel that is lost', () => {
  /** Runs the first chunk, and is gone. */
  const dying: Kernel = {
    notices$: NEVER,
    status$: of('dead'),
    run: (chunks$) =>
      chunks$.pipe(
        concatMap((chunk): Observable<ExecutionEvent> => {
          const batch = { id: 0, chunks: [chunk], atMs: 0 };
          return concat(
            of<ExecutionEvent>({ type: 'batch', atMs: 0, batch }),
            throwError(() => new KernelError('gone')),
          );
        }),
      ),
    runWhole: () => throwError(() => new KernelError('gone')),
    interrupt: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };

  it.each([
    ['eagerly', run$],
    ['serially', runSerially$],
  ])('%s: ends as aborted, and then with the error', async (_way, run) => {
    const { events, error } = await collect(run(tokensOf('x = 1\n'), dying));
    expect(error).toEqual(new KernelError('gone'));
    expect(endOf(events)).toMatchObject({ status: 'aborted', statements: 1 });
  });
});

it('detects the same statements as the segmenter alone', async () => {
  const program = 'if a:\n    b\nelse:\n    c\n\n@d\ndef e(): pass\n';
  const segmenter = new Segmenter();
  const expected = [...segmenter.feed(program, 0), ...segmenter.end(0)].map(({ code }) => code);
  const idle: Kernel = {
    notices$: NEVER,
    status$: of('idle'),
    run: () => EMPTY,
    runWhole: () => EMPTY,
    interrupt: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
  const { events } = await collect(run$(tokensOf(...program), idle));
  expect(events.flatMap((event) => (event.type === 'chunk' ? [event.chunk.code] : []))).toEqual(expected);
});
