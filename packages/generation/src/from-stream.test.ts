import { PassThrough, Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { lastValueFrom, map, NEVER, of, Subject, take, toArray } from 'rxjs';
import { describe, expect, test, vi } from 'vitest';
import { fromStream, GenerationAbortedError, type TextSource } from './from-stream.js';
import { InvalidUtf8Error } from './utf8.js';

const bytes = (text: string) => new TextEncoder().encode(text);
const halves = [bytes('é🐍').subarray(0, 4), bytes('é🐍').subarray(4)] as const;

async function* generate<T>(...pieces: readonly T[]): AsyncGenerator<T> {
  yield* pieces;
}

const read = (source: TextSource) =>
  lastValueFrom(
    fromStream(source).pipe(
      map((token) => token.text),
      toArray(),
    ),
  );

describe('fromStream', () => {
  test.each<[string, () => TextSource]>([
    ['an async iterable of strings', () => generate('a', '', 'é🐍')],
    ['an async iterable of bytes', () => generate(bytes('a'), halves[0], halves[1])],
    ['a web stream', () => new Response('aé🐍').body ?? NEVER],
    ['a web stream of strings', () => ReadableStream.from(['a', 'é🐍'])],
    ['a Node stream', () => Readable.from([Buffer.from('a'), ...halves])],
    ['an observable', () => of('a', ...halves)],
  ])('reads %s', async (_title, makeSource) => {
    expect((await read(makeSource())).join('')).toBe('aé🐍');
  });

  test('passes the pieces on as they come, without empty ones, stamped by the clock', async () => {
    let nowMs = 0;
    const tokens$ = fromStream(generate<string | Uint8Array>('a', halves[0], halves[1], ''), {
      clock: () => ++nowMs,
    });
    expect(await lastValueFrom(tokens$.pipe(toArray()))).toEqual([
      { text: 'a', atMs: 1 },
      { text: 'é', atMs: 2 },
      { text: '🐍', atMs: 3 },
    ]);
  });

  test.each([
    ['bad bytes', [Uint8Array.of(0x61, 0xff)]],
    ['an end inside a character', [halves[0]]],
    ['a string inside a character', [halves[0], 'a']],
  ])('fails on %s', async (_title, pieces) => {
    await expect(read(generate<string | Uint8Array>(...pieces))).rejects.toThrow(InvalidUtf8Error);
    await expect(read(of(...pieces))).rejects.toThrow(InvalidUtf8Error);
  });

  test('passes on the error of its source', async () => {
    const error = new Error('connection lost');
    async function* fail(): AsyncGenerator<string> {
      yield 'a';
      throw error;
    }
    await expect(read(fail())).rejects.toBe(error);
  });
});

describe('fromStream, when it is unsubscribed', () => {
  test('returns an iterator', async () => {
    const finished = vi.fn();
    async function* endless(): AsyncGenerator<string> {
      try {
        for (;;) yield 'a';
      } finally {
        finished();
      }
    }
    await lastValueFrom(fromStream(endless()).pipe(take(3)));
    await nextTurn();
    expect(finished).toHaveBeenCalledOnce();
  });

  test('cancels a web stream that waits', async () => {
    const cancel = vi.fn();
    const stream = new ReadableStream<string>({ cancel });
    const subscription = fromStream(stream).subscribe();
    await nextTurn();
    subscription.unsubscribe();
    expect(cancel).toHaveBeenCalledOnce();
  });

  test('destroys a Node stream that waits', async () => {
    const stream = new PassThrough();
    const subscription = fromStream(stream).subscribe();
    await nextTurn();
    subscription.unsubscribe();
    expect(stream.destroyed).toBe(true);
  });

  test('stops the source at bytes that are no UTF-8', async () => {
    const stream = new PassThrough();
    stream.write(Uint8Array.of(0xff));
    await expect(read(stream)).rejects.toThrow(InvalidUtf8Error);
    expect(stream.destroyed).toBe(true);
  });
});

describe('fromStream with a signal', () => {
  test.each<[string, (source: Subject<string>) => void]>([
    ['goes on', () => {}],
    ['ends quietly', (source) => source.complete()],
    ['fails', (source) => source.error(new Error('aborted'))],
  ])('fails when it aborts and the source %s', (_title, react) => {
    const controller = new AbortController();
    const source = new Subject<string>();
    controller.signal.addEventListener('abort', () => react(source)); // hears of it before fromStream
    const seen: unknown[] = [];
    fromStream(source, { signal: controller.signal }).subscribe({
      next: (token) => seen.push(token.text),
      error: (error) => seen.push(error),
      complete: () => seen.push('complete'),
    });
    source.next('a');
    controller.abort('enough');
    expect(seen).toEqual(['a', expect.any(GenerationAbortedError)]);
    expect(seen[1]).toMatchObject({ cause: 'enough' });
    expect(source.observed).toBe(false);
  });

  test('fails without reading when it has aborted before', async () => {
    const source = vi.fn(() => generate('a'));
    const tokens$ = fromStream({ [Symbol.asyncIterator]: source }, { signal: AbortSignal.abort() });
    await expect(lastValueFrom(tokens$)).rejects.toThrow(GenerationAbortedError);
    expect(source).not.toHaveBeenCalled();
  });

  test('completes when it does not abort, and listens no longer', async () => {
    const { signal } = new AbortController();
    const remove = vi.spyOn(signal, 'removeEventListener');
    const tokens = await lastValueFrom(fromStream(generate('a'), { signal }).pipe(toArray()));
    expect(tokens).toHaveLength(1);
    expect(remove).toHaveBeenCalledOnce();
  });
});
