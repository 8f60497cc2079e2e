import { setTimeout as delay } from 'node:timers/promises';
import type { KernelMessage } from '@jupyterlab/services';
import * as services from '@jupyterlab/services';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { pythons } from '../../../test/python.js';
import { bridge } from './bridge.js';
import { Channels } from './embedded/channels.js';
import { launchPython } from './embedded/launch.js';
import { KernelProcess } from './embedded/process.js';
import { JupyterKernel } from './jupyter-kernel.js';
import { requestIn } from './messages.js';
import { runProgram, textOf } from './program.fixture.js';

type Message = KernelMessage.IMessage;

/** Nothing but the end of a statement flushes what it prints: no timer, however slow the machine. */
const NO_TIMER = 'import sys; sys.stdout.flush_interval = sys.stderr.flush_interval = 60\n';

describe.each(pythons)('a request on %s', (python) => {
  let raw: RawKernel;
  beforeAll(async () => {
    raw = await RawKernel.start(python);
  });
  afterEach(() => {
    raw.pass = (message) => [message];
  });
  afterAll(() => raw?.[Symbol.asyncDispose]());

  it.each<[what: string, statement: string, messages: readonly string[]]>([
    ['nothing', 'x = 1\n', ['input_request']],
    ['a line', 'print(1)\n', ['stream with a request']],
    ['a line, flushed', 'print(1, flush=True)\n', ['stream', 'comm_msg with a request']],
    ['a million lines', 'print("x\\n" * 1_000_000)\n', ['stream with a request']],
    ['a line on stderr', 'print(1, file=sys.stderr)\n', ['stream with a request']],
    ['a line on each', 'print(1); print(2, file=sys.stderr)\n', ['stream', 'stream with a request']],
    ['a display', 'display(1)\n', ['display_data', 'comm_msg with a request']],
    [
      'a display between two lines',
      'print(1); display(2); print(3)\n',
      ['stream', 'display_data', 'stream with a request'],
    ],
  ])(
    'after a statement that shows %s costs no message that it can spare',
    async (_what, statement, messages) => {
      const between: string[] = [];
      raw.pass = (message) => {
        const { msg_type: type } = message.header;
        // Those that begin the cell come on a channel of their own, and so whenever they like.
        if (type !== 'status' && (type as string) !== 'execute_input') {
          between.push(requestIn(message) ? `${type} with a request` : type);
        }
        return [message];
      };
      const seen: string[][] = [];
      await runProgram(raw.kernel, `${NO_TIMER}import os\n${statement.repeat(3)}pass\n`, {
        feed: 'one by one',
        onEvent: ({ type }) => type === 'batch' && seen.push(between.splice(0)),
      });
      expect(seen.slice(3)).toEqual([messages, messages, messages]);
    },
  );

  it('is repeated until it is answered, when the message that carried it does not arrive', async () => {
    const dropped: string[] = [];
    raw.pass = (message) => {
      const request = requestIn(message);
      if (!request || dropped.length === 10 || dropped.includes(request.header.msg_id)) return [message];
      dropped.push(request.header.msg_id);
      return [];
    };
    const source = Array.from({ length: 12 }, (_, i) => `print(${i}, flush=True)\n`).join('');
    const outcome = await runProgram(raw.kernel, source, { feed: 'one by one' });
    expect(outcome.error).toBeNull();
    expect(textOf(outcome)).toBe(Array.from({ length: 12 }, (_, i) => `${i}\n`).join(''));
    expect(dropped).toHaveLength(10);
  });

  it('is repeated more and more rarely while nobody answers it, and not afterwards', async () => {
    const arrivedAtMs: number[] = [];
    raw.pass = (message) => {
      if (requestIn(message)) arrivedAtMs.push(performance.now());
      return [message];
    };
    const running = runProgram(raw.kernel, 'print(1)\nprint(2)\n', {
      feed: 'unended',
      onEvent: ({ type }) => type === 'finished' && setTimeout(() => void raw.kernel.interrupt(), 2_500),
    });
    expect((await running).error?.ename).toBe('KeyboardInterrupt');
    const count = arrivedAtMs.length;
    // At 0, 0.25, 0.75 and 1.75 s.
    expect(count).toBeGreaterThanOrEqual(3);
    expect(count).toBeLessThanOrEqual(5);
    await delay(2_500);
    expect(arrivedAtMs).toHaveLength(count);
  });

  it('that arrives again when later ones are answered changes nothing', async () => {
    const late: Message[] = [];
    raw.pass = (message) => {
      if (!requestIn(message)) return [message];
      // A mark repeats it, under an id of its own; this one comes after the next and the last but one requests.
      late.push({ ...message, header: { ...message.header, msg_id: `${late.length} again` } });
      return [...late.slice(0, -1), message, ...late];
    };
    const source = Array.from({ length: 10 }, (_, i) => `x = ${i}; print(x, flush=True)\n`).join('');
    const outcome = await runProgram(raw.kernel, source, { feed: 'one by one' });
    expect(outcome.error).toBeNull();
    const finished = outcome.events.flatMap((event) => (event.type === 'finished' ? [event.chunk.id] : []));
    expect(finished).toEqual(Array.from({ length: 10 }, (_, id) => id));
    const batches = outcome.events.flatMap((event) => (event.type === 'batch' ? [event.batch.id] : []));
    expect(batches).toEqual(Array.from({ length: 10 }, (_, id) => id));
    expect(late.length).toBeGreaterThan(5);
  });
});

/** A kernel whose messages on stdin and iopub are seen, once it is ready, before they reach its client. */
class RawKernel implements AsyncDisposable {
  readonly kernel: JupyterKernel;
  /** What arrives in the place of a message. */
  pass: (message: Message) => readonly Message[] = (message) => [message];

  static async start(python: string): Promise<RawKernel> {
    const process = await KernelProcess.start(launchPython({ python }));
    const raw = new RawKernel(process, await Channels.open(process, new AbortController().signal));
    await runProgram(raw.kernel, 'pass\n');
    return raw;
  }

  private constructor(process: KernelProcess, channels: Channels) {
    const { connection } = bridge(services, {
      send: (message) => channels.send(message),
      receive: (listener) => {
        channels.onMessage = (message) => {
          const isSeen = message.channel === 'stdin' || message.channel === 'iopub';
          for (const one of isSeen ? this.pass(message) : [message]) listener(one);
        };
      },
      interrupt: () =>
        process.interrupt({
          shutdown: () => channels.requestShutdown(),
          interrupt: () => channels.requestInterrupt(),
        }),
      shutdown: async () => {},
    });
    this.kernel = new JupyterKernel({
      connection: Promise.resolve(connection),
      gone: new Promise(() => {}),
      dispose: async () => {
        channels.close();
        process.killNow();
        await process.exited;
      },
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kernel[Symbol.asyncDispose]();
  }
}
