import fc from 'fast-check';
import { concat, lastValueFrom, map, of, take, throwError, toArray } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, test } from 'vitest';
import {
  formatRecording,
  fromRecording,
  isRecording,
  parseRecording,
  RecordedFailureError,
  type Recording,
  RecordingFormatError,
  record,
} from './recording.js';

const header = '{"type":"recording","version":1,"model":"m","ttftMs":0}';
const recording: Recording = {
  model: 'm',
  ttftMs: 20,
  tokens: [
    { text: 'x', atMs: 20 },
    { text: ' = 1\n', atMs: 30 },
    { text: 'é', atMs: 30 },
  ],
};

describe('parseRecording', () => {
  test.each([
    [
      'a recording',
      `${header.replace('0', '20')}\n{"atMs":20,"text":"x"}\n{"atMs":30,"text":" = 1\\n"}\n{"atMs":30,"text":"é"}\n`,
      recording,
    ],
    [
      'no last line ending',
      `${header}\n{"atMs":0,"text":"x"}`,
      { model: 'm', ttftMs: 0, tokens: [{ text: 'x', atMs: 0 }] },
    ],
    [
      'CRLF',
      `${header}\r\n{"atMs":0,"text":"x"}\r\n`,
      { model: 'm', ttftMs: 0, tokens: [{ text: 'x', atMs: 0 }] },
    ],
    [
      'unknown fields',
      '{"type":"recording","version":1,"model":"m","ttftMs":0,"n":1}\n{"atMs":1,"text":"x","n":1}',
      { model: 'm', ttftMs: 0, tokens: [{ text: 'x', atMs: 1 }] },
    ],
    [
      'a text that broke off',
      `${header.replace('}', ',"failure":"cut"}')}\n{"atMs":0,"text":"x"}`,
      { model: 'm', ttftMs: 0, tokens: [{ text: 'x', atMs: 0 }], failure: 'cut' },
    ],
    ['a model that wrote nothing', header, { model: 'm', ttftMs: 0, tokens: [] }],
  ])('reads %s', (_title, text, expected) => {
    expect(parseRecording(text)).toEqual(expected);
  });

  test.each([
    [
      '',
      'Recording, line 1: the file is empty; expected the header {"type":"recording","version":1,"model":"…","ttftMs":…}.',
    ],
    ['\n', 'Recording, line 1: the line is blank; expected the header'],
    ['x = 1\n', 'Recording, line 1: the line is no JSON ('],
    ['[]\n', 'Recording, line 1: the line is []; expected the header'],
    ['{"atMs":1,"text":"x"}\n', 'Recording, line 1: "type" is missing; expected the header'],
    [
      '{"type":"recording","version":2,"model":"m"}',
      'Recording, line 1: "version" is 2; expected 1, the only one known.',
    ],
    [
      '{"type":"recording","version":1,"model":"m"}',
      'Recording, line 1: "ttftMs" is missing; expected milliseconds to the first token, 0 or more.',
    ],
    [
      '{"type":"recording","version":1,"model":"m","ttftMs":-1}',
      'Recording, line 1: "ttftMs" is -1; expected milliseconds to the first token, 0 or more.',
    ],
    ['{"type":"recording","version":1}', 'Recording, line 1: "model" is missing; expected a string.'],
    [
      header.replace('}', ',"failure":7}'),
      'Recording, line 1: "failure" is 7; expected a string, or nothing.',
    ],
    [`${header}\n{"atMs":1,"text":"x"`, 'Recording, line 2: the line is no JSON ('],
    [`${header}\n{"atMs":1,"text":"x"} y`, 'Recording, line 2: the line is no JSON ('],
    [
      `${header}\n\n{"atMs":1,"text":"x"}`,
      'Recording, line 2: the line is blank; expected a token {"atMs":…,"text":"…"}.',
    ],
    [`${header}\n{"atMs":1,"text":"x"}\nnull`, 'Recording, line 3: the line is null; expected a token'],
    [
      `${header}\n{"atMs":-1,"text":"x"}`,
      'Recording, line 2: "atMs" is -1; expected milliseconds since the first request',
    ],
    [`${header}\n{"atMs":1e999,"text":"x"}`, 'Recording, line 2: "atMs" is Infinity; expected milliseconds'],
    [`${header}\n{"atMs":"1","text":"x"}`, 'Recording, line 2: "atMs" is "1"; expected milliseconds'],
    [
      `${header}\n{"atMs":2,"text":"x"}\n{"atMs":1.5,"text":"x"}`,
      'Recording, line 3: "atMs" is 1.5; expected at least 2, the time of the token before.',
    ],
    [`${header}\n{"atMs":1,"text":1}`, 'Recording, line 2: "text" is 1; expected a string.'],
    [`${header}\n{"atMs":1}`, 'Recording, line 2: "text" is missing; expected a string.'],
  ])('refuses %j', (text, message) => {
    expect(() => parseRecording(text)).toThrow(RecordingFormatError);
    expect(() => parseRecording(text)).toThrow(message);
  });
});

test('formatRecording and parseRecording are inverse', () => {
  const times = fc
    .array(fc.double({ min: 0, max: 1e9, noNaN: true }).map((ms) => ms + 0))
    .map((all) => all.sort((a, b) => a - b));
  const whole = fc.record({
    model: fc.string({ unit: 'binary' }),
    ttftMs: fc.nat(),
    tokens: times.chain((all) =>
      fc.tuple(
        ...all.map((atMs) => fc.record({ text: fc.string({ unit: 'binary' }), atMs: fc.constant(atMs) })),
      ),
    ),
  });
  const broken = fc.tuple(whole, fc.string()).map(([recording, failure]) => ({ ...recording, failure }));
  fc.assert(
    fc.property(fc.oneof(whole, broken), (any) => {
      expect(parseRecording(formatRecording(any))).toEqual(any);
    }),
  );
});

test.each([
  [formatRecording(recording), true],
  ['{"version":2,"type":"recording"}\n', true],
  ['{"type":"other"}\n', false],
  ['x = 1\n', false],
  ['null\n', false],
  ['', false],
])('isRecording(%j) is %j', (text, expected) => {
  expect(isRecording(text)).toBe(expected);
});

describe('fromRecording', () => {
  test.each([
    [1, '20ms a 9ms (bc|)'],
    [2, '10ms a 4ms (bc|)'],
    [Number.POSITIVE_INFINITY, '(abc|)'],
  ])('replays at speed %j', (speed, marbles) => {
    const scheduler = new TestScheduler((actual, expected) => expect(actual).toEqual(expected));
    scheduler.run(({ expectObservable }) => {
      const tokens$ = fromRecording(recording, { clock: () => scheduler.now(), speed });
      expectObservable(tokens$.pipe(map((token) => token.text))).toBe(marbles, {
        a: 'x',
        b: ' = 1\n',
        c: 'é',
      });
    });
  });

  test.each([0, -1, Number.NaN])('refuses the speed %j', (speed) => {
    expect(() => fromRecording(recording, { speed })).toThrow(RangeError);
  });
});

describe('record', () => {
  const tokens = [
    { text: '', atMs: 4 },
    { text: 'x', atMs: 5 },
    { text: ' = 1', atMs: 9 },
  ];
  const tokens$ = of(...tokens);
  const cut$ = concat(
    tokens$,
    throwError(() => new Error('the connection was lost')),
  );

  test.each([
    ['a whole text', tokens$, { tokens }],
    ['a text that fails', cut$, { tokens, failure: 'the connection was lost' }],
  ])('keeps %s', async (_title, source$, expected) => {
    const kept: Recording[] = [];
    await lastValueFrom(source$.pipe(record('m', (recording) => kept.push(recording)))).catch(() => {});
    expect(kept).toEqual([{ model: 'm', ttftMs: 5, ...expected }]);
  });

  test('says of a text that was stopped that it is not whole', async () => {
    const kept: Recording[] = [];
    await lastValueFrom(
      tokens$.pipe(
        record('m', (recording) => kept.push(recording)),
        take(2),
      ),
    );
    expect(kept).toEqual([
      { model: 'm', ttftMs: 5, tokens: tokens.slice(0, 2), failure: 'It was stopped before its end.' },
    ]);
  });

  test('a replay fails where the text broke off', async () => {
    const recording = { model: 'm', ttftMs: 5, tokens, failure: 'the connection was lost' };
    const replayed: string[] = [];
    const replay$ = fromRecording(recording, { speed: Number.POSITIVE_INFINITY }).pipe(
      map(({ text }) => replayed.push(text)),
      toArray(),
    );
    await expect(lastValueFrom(replay$)).rejects.toThrow(RecordedFailureError);
    await expect(lastValueFrom(replay$)).rejects.toThrow('the connection was lost');
    expect(replayed).toEqual([...tokens, ...tokens].map(({ text }) => text));
  });
});
