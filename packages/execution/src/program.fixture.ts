import { type Chunk, Segmenter } from '@eager/detection';
import { concat, from, NEVER, type Observable, ReplaySubject } from 'rxjs';
import type { CellOptions, ExecutionEvent, Kernel, PythonError } from './kernel.js';
import type { Output } from './output.js';

/** How the chunks of a program reach the kernel. */
export type Feed =
  /** All are pending when the kernel first asks: one batch. */
  | 'at once'
  /** Each waits until the one before it has finished: as many batches as chunks, and a kernel that waits. */
  | 'one by one'
  /** At once, but the program does not end: the kernel waits for more until something else ends it. */
  | 'unended';

export interface RunOptions extends CellOptions {
  readonly feed?: Feed | Observable<Chunk>;
  /** Told of each event as it comes. */
  readonly onEvent?: (event: ExecutionEvent) => void;
}

/** What came of a program. */
export interface Outcome {
  readonly events: readonly ExecutionEvent[];
  /** In order, the pieces of a stream put together where no output of another kind came between them. */
  readonly outputs: readonly Output[];
  /** What ended it early. */
  readonly error: PythonError | null;
}

/** Runs a program as a streamed cell. Rejects when the run itself fails. */
export function runProgram(kernel: Kernel, source: string, options: RunOptions = {}): Promise<Outcome> {
  const { feed = 'at once', onEvent = () => {}, ...others } = options;
  const chunks = chunksOf(source);
  const cell = { ...others, trailing: () => source.slice(chunks.at(-1)?.to) };
  if (feed === 'one by one') {
    const { chunks$, onEvent: onFinished } = oneByOne(chunks);
    return outcomeOf(kernel.run(chunks$, cell), (event) => {
      onEvent(event);
      onFinished(event);
    });
  }
  const all$ = from(chunks);
  const chunks$ = feed === 'at once' ? all$ : feed === 'unended' ? concat(all$, NEVER) : feed;
  return outcomeOf(kernel.run(chunks$, cell), onEvent);
}

/** Runs a program as a plain cell: what a streamed cell is compared with. */
export function runSerially(kernel: Kernel, source: string, options: CellOptions = {}): Promise<Outcome> {
  const [chunk] = chunksOf('pass');
  if (!chunk) throw new Error('A statement is a chunk.');
  return outcomeOf(kernel.runWhole({ ...chunk, code: source, to: source.length }, options));
}

/** The program's statements; what follows the last one, if that is only space or comments, is in none. */
export function chunksOf(source: string): Chunk[] {
  const segmenter = new Segmenter();
  return [...segmenter.feed(source, 0), ...segmenter.end(0)];
}

/** The text of a stream. */
export function textOf({ outputs }: Pick<Outcome, 'outputs'>, name: 'stdout' | 'stderr' = 'stdout'): string {
  return outputs
    .flatMap((output) =>
      output.output_type === 'stream' && output.name === name ? [output.text].flat() : [],
    )
    .join('');
}

/** The traceback of an outcome as text, without colours. */
export function tracebackOf({ error }: Outcome): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ANSI escapes begin with one.
  return (error?.traceback.join('\n') ?? '').replace(/\u001b\[[\d;]*m/g, '');
}

/** Gives out the first chunk, and each other one when the one before it has finished. */
function oneByOne(chunks: readonly Chunk[]) {
  const chunks$ = new ReplaySubject<Chunk>();
  const pending = [...chunks];
  const sendNext = () => {
    const next = pending.shift();
    if (next) chunks$.next(next);
    else chunks$.complete();
  };
  sendNext();
  const onEvent = (event: ExecutionEvent) => {
    // A first line may be a command (`ls`), if it is the whole program: it runs when the kernel knows what follows.
    const isFirst = event.type === 'batch' && event.batch.id === 0;
    if (isFirst || (event.type === 'finished' && event.chunk.id > 0)) sendNext();
  };
  return { chunks$, onEvent };
}

function outcomeOf(events$: Observable<ExecutionEvent>, onEvent: (event: ExecutionEvent) => void = () => {}) {
  return new Promise<Outcome>((resolve, reject) => {
    const events: ExecutionEvent[] = [];
    events$.subscribe({
      next: (event) => {
        events.push(event);
        onEvent(event);
      },
      error: reject,
      complete: () => resolve({ events, outputs: joined(events), error: errorOf(events) }),
    });
  });
}

function errorOf(events: readonly ExecutionEvent[]): PythonError | null {
  for (const event of events) {
    if (event.type === 'finished' && event.status === 'error') return event.error;
    if (event.type === 'closed') return event.error;
  }
  return null;
}

/** stdout and stderr have a buffer each, so between two other outputs only the order within each has a meaning. */
function joined(events: readonly ExecutionEvent[]): Output[] {
  const outputs: Output[] = [];
  let streams = { stdout: '', stderr: '' };
  const flush = () => {
    for (const name of ['stdout', 'stderr'] as const) {
      if (streams[name]) outputs.push({ output_type: 'stream', name, text: streams[name] });
    }
    streams = { stdout: '', stderr: '' };
  };
  for (const event of events) {
    if (event.type !== 'output') continue;
    const { output } = event;
    if (output.output_type === 'stream') {
      streams[output.name as 'stdout' | 'stderr'] += [output.text].flat().join('');
    } else {
      flush();
      outputs.push(output);
    }
  }
  flush();
  return outputs;
}
