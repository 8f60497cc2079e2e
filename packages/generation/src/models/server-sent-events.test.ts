import fc from 'fast-check';
import { from, lastValueFrom, NEVER, startWith, toArray } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { cutBytes, recordedBody } from '../../../../test/models/replay.js';
import { eventData } from './server-sent-events.js';

const bytesOf = (text: string) => new TextEncoder().encode(text);
const read = (pieces: readonly Uint8Array[]) => lastValueFrom(from(pieces).pipe(eventData(), toArray()));

describe('eventData', () => {
  test('gives the same however the bytes are cut, and whatever the line ending', async () => {
    const body =
      'event: a\ndata: {"text":"été 🐍 東京"}\n\n: a comment\n\nid: 7\ndata: [1,\ndata: 2]\n\nretry: 5\ndata:null\n\n';
    const expected = [{ text: 'été 🐍 東京' }, [1, 2], null];
    const lengths = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(
        lengths,
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.boolean(),
        async (cuts, ending, hasMark) => {
          // A lone CR at the very end could still become a CRLF; a server that writes such lines goes on with others.
          const text = `${hasMark ? '\uFEFF' : ''}${body}:\n`.replaceAll('\n', ending);
          expect(await read(cutBytes(bytesOf(text), cuts))).toEqual(expected);
          expect(await read(cutBytes(bytesOf(text), [1]))).toEqual(expected);
        },
      ),
    );
  });

  test('reads a recorded body byte by byte', async () => {
    const bytes = bytesOf(recordedBody('chat-text').replaceAll('\n', '\r\n'));
    expect(await read(cutBytes(bytes, [1]))).toEqual(await read([bytes]));
  });

  test('completes at [DONE], not with the connection', async () => {
    const bytes$ = NEVER.pipe(startWith(bytesOf('data: 1\n\ndata: [DONE]\n\ndata: 2\n\n')));
    expect(await lastValueFrom(bytes$.pipe(eventData(), toArray()))).toEqual([1]);
  });

  test('leaves an event out that did not end', async () => {
    expect(await read([bytesOf('data: 1\n\ndata: {"cut')])).toEqual([1]);
  });

  test('passes over lines that are no field, among events', async () => {
    expect(await read([bytesOf('hello\ndata: 1\n\nextra: x\n\n')])).toEqual([1]);
  });

  test('keeps no more of an event than a limit', async () => {
    const piece = bytesOf('x'.repeat(2 ** 20));
    await expect(read(Array.from({ length: 20 }, () => piece))).rejects.toThrow('longer than 16 MB');
  });
});
