import { type Observable, of } from 'rxjs';
import { map, toArray } from 'rxjs/operators';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import type { Chunk } from './chunk.js';
import { gate, hold, type JudgedChunk, judge } from './gate.js';
import { effects, off } from './policies.js';
import type { Effect, Policy, Verdict } from './policy.js';
import { Segmenter } from './segmenter.js';

const scheduler = () => new TestScheduler((actual, expected) => expect(actual).toEqual(expected));

const effect: Effect = { class: 'write', what: 'writes file "a"', line: 1 };
const reason = 'writes file "a" (line 1)';
const VERDICTS: Record<string, Verdict> = {
  run: { kind: 'run' },
  join: { kind: 'join' },
  hold: { kind: 'hold', effect, reason },
  deny: { kind: 'deny', effect, reason },
};

/** r runs, s runs, j joins the next, h and i are held, d is denied. */
const judged: Record<string, JudgedChunk> = {
  r: judgedChunk('run'),
  s: judgedChunk('run'),
  j: judgedChunk('join'),
  h: judgedChunk('hold'),
  i: judgedChunk('hold'),
  d: judgedChunk('deny'),
};

describe('hold', () => {
  it.each([
    ['lets pass what may run', '-r-s-|', '-r-s-|', '^----!'],
    [
      'keeps a held chunk and all that follows until the end',
      '-r-h-s-i-r-|',
      '-r---------(hsir|)',
      '^----------!',
    ],
    ['passes a denied chunk on', '-r-d-s-|', '-r-d-s-|', '^------!'],
    ['keeps a denied chunk behind a held one', '-h-d-|', '-----(hd|)', '^----!'],
    ['lets a chunk that joins come with the next', '-j-s---r-|', '---(js)r-|', '^--------!'],
    ['lets several chunks that join come with the next', '-j-j-s----|', '-----(jjs)|', '^---------!'],
    ['gives out a chunk that nothing follows', '-r-j-|', '-r---(j|)', '^----!'],
    ['keeps a chunk that joins with the held one it joins', '-j-h-|', '-----(jh|)', '^----!'],
    ['never gives out what was held when the source fails', '-r-h-s-#', '-r-----#', '^------!'],
    ['passes on an empty program', '---|', '---|', '^--!'],
  ])('%s', (_, source, expected, subscription) => {
    scheduler().run(({ cold, expectObservable, expectSubscriptions }) => {
      const chunks$ = cold(source, judged);
      expectObservable(chunks$.pipe(hold())).toBe(expected, judged);
      expectSubscriptions(chunks$.subscriptions).toBe(subscription);
    });
  });

  it('never gives out what was held once nobody listens', () => {
    scheduler().run(({ cold, expectObservable, expectSubscriptions }) => {
      const chunks$ = cold('-r-h-s-|', judged);
      expectObservable(chunks$.pipe(hold()), '^-----!').toBe('-r-----', judged);
      expectSubscriptions(chunks$.subscriptions).toBe('^-----!');
    });
  });

  it('starts anew for each subscription', () => {
    scheduler().run(({ cold, expectObservable }) => {
      const held$ = cold('-h-s-|', judged).pipe(hold());
      expectObservable(held$).toBe('-----(hs|)', judged);
      expectObservable(held$, '--^').toBe('-------(hs|)', judged);
    });
  });
});

const chunks: Record<string, Chunk> = Object.fromEntries(
  chunksOf('import os\nx = 1\nos.mkfifo("a")\ny = 2\n').map((chunk) => ['abcd'.charAt(chunk.id), chunk]),
);

const kindsOf = (chunks$: Observable<JudgedChunk>) => chunks$.pipe(map(({ verdict }) => verdict.kind));

describe('judge', () => {
  it('gives each verdict as soon as the chunk comes', () => {
    scheduler().run(({ cold, expectObservable, expectSubscriptions }) => {
      const chunks$ = cold('-a-b-c-d-|', chunks);
      const expected = { r: 'run', h: 'hold' };
      expectObservable(chunks$.pipe(judge(effects()), kindsOf)).toBe('-r-r-h-r-|', expected);
      expectSubscriptions(chunks$.subscriptions).toBe('^--------!');
    });
  });

  it('gives the chunk with its effects and the reason', () => {
    expect(judgedBy(effects(), chunksOf('import os\nos.mkfifo("a")\n'))[1]).toMatchObject({
      id: 1,
      code: 'os.mkfifo("a")\n',
      effects: [{ class: 'write', what: 'calls os.mkfifo', line: 2, unaudited: true }],
      verdict: { kind: 'hold', reason: 'calls os.mkfifo (line 2)' },
    });
  });

  it('passes an error on', () => {
    scheduler().run(({ cold, expectObservable }) => {
      expectObservable(cold('-a-#', chunks).pipe(judge(off()), kindsOf)).toBe('-r-#', { r: 'run' });
    });
  });

  it('knows nothing of the program that was judged before', () => {
    const [importsOs, makesFifo] = chunksOf('import os\nos.mkfifo("a")\n');
    if (!importsOs || !makesFifo) throw new Error('The program has two statements.');
    const judgeAll = judge(effects());
    const kinds: string[] = [];
    for (const program of [[importsOs, makesFifo], [makesFifo]])
      of(...program)
        .pipe(judgeAll)
        .subscribe(({ verdict }) => kinds.push(verdict.kind));
    expect(kinds).toEqual(['run', 'hold', 'run']);
  });

  it.each([
    ['rejects', () => Promise.reject(new Error('no idea'))],
    [
      'throws',
      () => {
        throw new Error('no idea');
      },
    ],
  ])('denies what a policy that %s says nothing of', async (_, fail) => {
    const policy: Policy = { name: 'broken', judge: fail };
    const verdicts = await new Promise((resolve) =>
      of(...chunksOf('x = 1\n'))
        .pipe(
          judge(policy),
          map(({ verdict }) => verdict),
          toArray(),
        )
        .subscribe(resolve),
    );
    expect(verdicts).toMatchObject([
      { kind: 'deny', reason: 'not permitted: cannot be judged (line 1): no idea' },
    ]);
  });

  it('keeps the order while a policy is thinking', async () => {
    const policy: Policy = {
      name: 'slow at first',
      judge: ({ id }) => (id === 0 ? Promise.resolve<Verdict>({ kind: 'run' }) : { kind: 'run' }),
    };
    const ids = await new Promise((resolve) =>
      of(...chunksOf('x\ny\nz\n'))
        .pipe(
          gate(policy),
          map(({ id }) => id),
          toArray(),
        )
        .subscribe(resolve),
    );
    expect(ids).toEqual([0, 1, 2]);
  });

  it('judges by the rules of the policy before those of the table', () => {
    const rules = new Map([['deploy', { class: 'network', what: 'deploys …', unaudited: true } as const]]);
    const policy = { ...effects(), rules };
    const [, ship] = judgedBy(policy, chunksOf('import deploy\ndeploy.ship("x")\n'));
    expect(ship?.verdict).toMatchObject({ kind: 'hold', reason: 'deploys "x" (line 2)' });
  });
});

describe('gate', () => {
  it('judges and holds', () => {
    scheduler().run(({ cold, expectObservable, expectSubscriptions }) => {
      const chunks$ = cold('        -a-b-c-d-|', chunks);
      const expected = { a: 0, b: 1, c: 2, d: 3 };
      const ids$ = chunks$.pipe(
        gate(effects()),
        map(({ id }) => id),
      );
      expectObservable(ids$).toBe('-a-b-----(cd|)', expected);
      expectSubscriptions(chunks$.subscriptions).toBe('^--------!');
    });
  });
});

function judgedChunk(kind: string): JudgedChunk {
  const [chunk] = chunksOf('x\n');
  const verdict = VERDICTS[kind];
  if (!chunk || !verdict) throw new Error(`There is no verdict ${kind}.`);
  return { ...chunk, effects: [], verdict };
}

function chunksOf(program: string): Chunk[] {
  const segmenter = new Segmenter();
  return [...segmenter.feed(program, 0), ...segmenter.end(0)];
}

function judgedBy(policy: Policy, program: readonly Chunk[]): JudgedChunk[] {
  const judgedChunks: JudgedChunk[] = [];
  of(...program)
    .pipe(judge(policy))
    .subscribe((chunk) => judgedChunks.push(chunk));
  return judgedChunks;
}
