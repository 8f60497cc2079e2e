import { describe, expect, it } from 'vitest';
import type { ExecutionEvent } from './kernel.js';
import { chunksOf } from './program.fixture.js';
import { type CellInput, type DriverReport, StreamedCell } from './streamed-cell.js';

/** A cell in virtual time, and a kernel of which the test plays the part. */
class Scene {
  atMs = 0;
  /** What the kernel was told, in order. */
  readonly replies: {
    chunks: [id: number, text: string, denied: string | null][];
    end: boolean;
    abort?: boolean;
    check?: { id: number; code: string; line: number };
  }[] = [];
  readonly events: ExecutionEvent[] = [];
  readonly cell = new StreamedCell(() => this.atMs);
  readonly #chunks = chunksOf('a = 0\n\n# one\nb = 1\nc = 2\nd = 3\n');

  /** Chunks of the program arrive. */
  arrive(...ids: number[]): this {
    return this.#take(
      ...this.#chunks
        .filter(({ id }) => ids.includes(id))
        .map((chunk) => ({ type: 'chunk', chunk }) as const),
    );
  }

  end(trailing = ''): this {
    return this.#take({ type: 'end', trailing });
  }

  /** The kernel asks for more. */
  pull(report: Partial<DriverReport> = {}): this {
    return this.#take({
      type: 'pull',
      report: { ran: [], ...report },
      reply: (value) => this.replies.push(JSON.parse(value)),
    });
  }

  /** Chunks look like errors; `code` is what has arrived of the last one. */
  suspect(id: number, code = this.#chunks[id]?.code ?? ''): this {
    const chunk = this.#chunks[id];
    return chunk ? this.#take({ type: 'suspect', chunk: { ...chunk, code } }) : this;
  }

  /** The kernel is held by an effect of a chunk. */
  ask(chunkId: number): this {
    const effect = { class: 'write', what: 'writes', line: 1 } as const;
    const verdict = { kind: 'hold', effect, reason: '' } as const;
    const reply = (value: string) => void this.replies.push(JSON.parse(value));
    return this.#take({ type: 'effect', chunkId, ran: [], verdict, reply });
  }

  stillHeld(): this {
    return this.#take({
      type: 'still held',
      reply: (value) => void this.replies.push(JSON.parse(value)),
    });
  }

  mark(report: Partial<DriverReport>): this {
    return this.#take({ type: 'mark', report: { ran: [], ...report } });
  }

  print(chunkId: number | undefined): this {
    return this.#take({
      type: 'output',
      output: { output_type: 'stream', name: 'stdout', text: 'x' },
      chunkId,
      ran: [],
    });
  }

  idle(): this {
    return this.#take({ type: 'idle' });
  }

  at(ms: number): this {
    this.atMs = ms;
    return this;
  }

  /** Ids of what the kernel was to look at. */
  get checked(): number[] {
    return this.replies.flatMap(({ check }) => (check ? [check.id] : []));
  }

  /** Ids of the chunks of each reply. */
  get sent(): number[][] {
    return this.replies.map(({ chunks }) => chunks.map(([id]) => id));
  }

  /** One line for each event. */
  get shown(): string[] {
    return this.events.map((event) => {
      if (event.type === 'batch') return `${event.atMs} batch ${event.batch.chunks.map(({ id }) => id)}`;
      if (event.type === 'closed') return `${event.atMs} closed after ${event.durationMs}`;
      const status = event.type === 'finished' ? ` ${event.status} after ${event.durationMs}` : '';
      return `${event.atMs} ${event.type} ${event.chunk.id}${status}`;
    });
  }

  #take(...inputs: CellInput[]): this {
    for (const input of inputs) this.events.push(...this.cell.take(input));
    return this;
  }
}

function ran(id: number, startMs: number, durationMs: number, ename?: string): DriverReport['ran'][number] {
  const error = ename === undefined ? null : { ename, evalue: '', traceback: [] };
  return { id, startMs, durationMs, heldMs: 0, error };
}

describe('a streamed cell answers the kernel', () => {
  it('with all chunks that are pending when it asks', () => {
    const scene = new Scene().arrive(0, 1, 2).pull();
    expect(scene.sent).toEqual([[0, 1, 2]]);
    expect(scene.replies[0]?.end).toBe(false);
  });

  it('with the text between the chunks, so that lines keep their numbers', () => {
    const { replies } = new Scene().arrive(0, 1).pull();
    expect(replies[0]?.chunks).toMatchObject([
      [0, 'a = 0\n', null],
      [1, '\n# one\nb = 1\n', null],
    ]);
  });

  it('not before there is a chunk, and then at once', () => {
    const scene = new Scene().pull();
    expect(scene.replies).toEqual([]);
    expect(scene.at(5).arrive(0).sent).toEqual([[0]]);
    expect(scene.arrive(1).sent).toEqual([[0]]);
  });

  it('once only', () => {
    const scene = new Scene().pull().arrive(0).arrive(1).end();
    expect(scene.sent).toEqual([[0]]);
    expect(scene.pull().sent).toEqual([[0], [1]]);
  });

  it('with what came while it ran, in one batch', () => {
    const scene = new Scene().arrive(0).pull().at(10).arrive(1).at(20).arrive(2, 3).at(30).pull();
    expect(scene.sent).toEqual([[0], [1, 2, 3]]);
  });

  it('with the end of the program beside its last batch', () => {
    const scene = new Scene().arrive(0).end().pull();
    expect(scene.replies).toMatchObject([{ chunks: [[0, 'a = 0\n', null]], end: true }]);
  });

  it('with the end alone when the last chunk is gone already', () => {
    const scene = new Scene().arrive(0).pull().pull().end('# after it\n');
    expect(scene.replies.at(-1)).toEqual({ chunks: [], end: true, trailing: '# after it\n' });
    expect(scene.events.filter(({ type }) => type === 'batch')).toHaveLength(1);
  });

  it('with the end of a program without chunks', () => {
    const scene = new Scene().end().pull().mark({ closed: true }).idle();
    expect(scene.replies).toEqual([{ chunks: [], end: true, trailing: '' }]);
    expect(scene.shown).toEqual(['0 closed after 0']);
  });
});

describe('a streamed cell lets the kernel look at suspects', () => {
  it('while it has nothing to run', () => {
    const scene = new Scene().arrive(0).pull().suspect(1, 'b =');
    expect(scene.checked).toEqual([]);
    expect(scene.pull().replies.at(-1)).toMatchObject({ check: { id: 1, code: 'b =', line: 4 }, end: false });
  });

  it('at their latest text, in the order of the program', () => {
    const scene = new Scene().suspect(1, 'b').suspect(2, 'c').suspect(1, 'b =').pull().pull().pull();
    expect(scene.replies.map(({ check }) => check?.code)).toEqual(['b =', 'c']);
  });

  it('never before what may run, and not at what has run', () => {
    const scene = new Scene().suspect(0).suspect(1).arrive(0).pull();
    expect(scene.sent).toEqual([[0]]);
    expect(scene.pull().checked).toEqual([1]);
    expect(scene.suspect(0).pull().checked).toEqual([1]);
  });

  it('and not once the program is complete', () => {
    const scene = new Scene().suspect(1).end().pull();
    expect(scene.checked).toEqual([]);
    expect(scene.replies.at(-1)).toMatchObject({ chunks: [], end: true });
  });

  it('while an effect is held, also at what has arrived', () => {
    const scene = new Scene().arrive(0, 1).pull().ask(0).arrive(2).suspect(2);
    expect(scene.checked).toEqual([2]);
    // It asks again, is held on, and is released by the end of the program.
    expect(scene.stillHeld().replies).toHaveLength(2);
    expect(scene.end().replies.at(-1)).toEqual({ denied: null, end: true });
  });

  it('and releases what is held when the program has ended in the meantime', () => {
    const scene = new Scene().arrive(0).pull().ask(0).suspect(1).end();
    expect(scene.replies).toHaveLength(2);
    expect(scene.stillHeld().replies.at(-1)).toEqual({ denied: null, end: true });
  });

  it('and tells of one that is wrong as of a batch of its own', () => {
    const scene = new Scene()
      .arrive(0)
      .pull()
      .at(10)
      .pull({ ran: [ran(0, 0, 1)] })
      .at(20)
      .suspect(1, 'b =');
    scene
      .at(25)
      .print(1)
      .mark({ ran: [ran(1, 0, 2, 'SyntaxError')], closed: true })
      .idle();
    expect(scene.shown.slice(-5)).toEqual([
      '20 batch 1',
      '20 started 1',
      '25 output 1',
      '22 finished 1 error after 2',
      '25 closed after 0',
    ]);
    const chunks = scene.events.flatMap((event) => ('chunk' in event ? [event.chunk] : []));
    expect(chunks.at(-1)?.code).toBe('b =');
  });
});

describe('a streamed cell that is aborted', () => {
  it('ends the program where it waits', () => {
    const scene = new Scene().pull();
    expect(scene.cell.abort()).toBe(true);
    expect(scene.replies).toEqual([{ chunks: [], end: true, abort: true }]);
  });

  it('says that the program runs, and ends it when it asks next, whatever is pending', () => {
    const scene = new Scene().arrive(0).pull().arrive(1).end();
    expect(scene.cell.abort()).toBe(false);
    expect(scene.pull().replies.at(-1)).toEqual({ chunks: [], end: true, abort: true });
  });

  it('ends the program before its first chunk', () => {
    const scene = new Scene();
    // It is to be left alone until it asks: an interrupt would find no program.
    expect(scene.cell.abort()).toBe(true);
    expect(scene.arrive(0).pull().replies).toEqual([{ chunks: [], end: true, abort: true }]);
    expect(scene.events).toEqual([]);
  });

  it('answers nothing twice', () => {
    const scene = new Scene().pull();
    scene.cell.abort();
    expect(scene.cell.abort()).toBe(false);
    expect(scene.replies).toHaveLength(1);
  });
});

describe('a streamed cell tells', () => {
  it('of each chunk when it was sent, started and finished', () => {
    const scene = new Scene()
      .pull()
      .at(10)
      .arrive(0)
      .at(15)
      .pull({ ran: [ran(0, 0, 5)], busyMs: 5 });
    expect(scene.shown).toEqual(['10 batch 0', '10 started 0', '15 finished 0 ok after 5']);
  });

  it('of chunks of a batch as one after another, on the clock of the kernel', () => {
    const scene = new Scene()
      .arrive(0, 1)
      .pull()
      .at(9)
      .pull({ ran: [ran(0, 0, 3), ran(1, 3, 4)], busyMs: 7 });
    expect(scene.shown).toEqual([
      // The reply took 1 ms, and the next pull another.
      ...['0 batch 0,1', '0 started 0', '4 finished 0 ok after 3'],
      ...['4 started 1', '8 finished 1 ok after 4'],
    ]);
  });

  it('of no finish later than now, whatever the clocks', () => {
    const scene = new Scene()
      .arrive(0)
      .pull()
      .at(3)
      .mark({ ran: [ran(0, 0, 50)] });
    expect(scene.shown.at(-1)).toBe('3 finished 0 ok after 50');
  });

  it('of a start when the first output of a chunk comes before its report', () => {
    const scene = new Scene()
      .arrive(0, 1)
      .pull()
      .at(4)
      .print(1)
      .at(6)
      .mark({ ran: [ran(0, 0, 1), ran(1, 2, 4)] });
    expect(scene.shown.filter((line) => /\w+ 1\b/.test(line) && !line.includes('finished 0'))).toEqual([
      ...['4 started 1', '4 output 1', '6 finished 1 ok after 4'],
    ]);
  });

  it('of an output without a chunk as one of the chunk that started last', () => {
    const scene = new Scene()
      .arrive(0, 1)
      .pull()
      .mark({ ran: [ran(0, 0, 0)] })
      .print(undefined);
    expect(scene.shown.at(-1)).toBe('0 output 1');
  });

  it('of a late output of a chunk that has finished as one of that chunk', () => {
    const scene = new Scene()
      .arrive(0, 1)
      .pull()
      .mark({ ran: [ran(0, 0, 0), ran(1, 0, 0)] })
      .print(0);
    expect(scene.shown.at(-1)).toBe('0 output 0');
  });

  it('nothing of an output before the first chunk', () => {
    expect(new Scene().pull().print(undefined).events).toEqual([]);
  });

  it('of nothing twice when reports overlap', () => {
    const scene = new Scene()
      .arrive(0)
      .pull()
      .mark({ ran: [ran(0, 0, 0)] })
      .pull({ ran: [ran(0, 0, 0)] });
    expect(scene.events.filter(({ type }) => type === 'finished')).toHaveLength(1);
  });

  it('of an error, after which no chunk of the batch starts', () => {
    const scene = new Scene()
      .arrive(0, 1)
      .pull()
      .mark({ ran: [ran(0, 0, 2, 'ValueError')], closed: true })
      .idle();
    expect(scene.shown).toEqual([
      '0 batch 0,1',
      '0 started 0',
      '0 finished 0 error after 2',
      '0 closed after 0',
    ]);
    expect(scene.events.at(-1)).toMatchObject({ error: null });
  });

  it('of its end with what that took and what it raised', () => {
    const error = { ename: 'KeyboardInterrupt', evalue: '', traceback: [] };
    const scene = new Scene().pull().at(10).mark({ closed: true, shownMs: 7, error }).at(12).idle();
    expect(scene.events).toEqual([{ type: 'closed', atMs: 12, durationMs: 9, error }]);
  });
});
