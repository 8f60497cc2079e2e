import type { Chunk } from '@eager/detection';
import type { Batch, ExecutionEvent, Kernel } from '@eager/execution';
import { concat, concatMap, defer, NEVER, type Observable, of } from 'rxjs';

/**
 * A kernel without Python, for what everything around a kernel costs: each statement is a batch, and `print` of
 * constants prints them.
 */
export class ReplayKernel implements Kernel {
  readonly status$ = of('idle' as const);
  readonly notices$ = NEVER;

  run(chunks$: Observable<Chunk>): Observable<ExecutionEvent> {
    return defer(() => {
      const startMs = performance.now();
      const clock = () => performance.now() - startMs;
      const closed$ = defer(() =>
        of<ExecutionEvent>({ type: 'closed', atMs: clock(), durationMs: 0, error: null }),
      );
      return concat(chunks$.pipe(concatMap((chunk) => executed(chunk, clock()))), closed$);
    });
  }

  runWhole(program: Chunk): Observable<ExecutionEvent> {
    return this.run(of(program));
  }

  async interrupt(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}
}

function executed(chunk: Chunk, atMs: number): ExecutionEvent[] {
  const batch: Batch = { id: chunk.id, chunks: [chunk], atMs };
  const text = printedBy(chunk.code);
  const place = { atMs, batch, chunk };
  return [
    { type: 'batch', atMs, batch },
    { type: 'started', ...place },
    ...(text === undefined
      ? []
      : [{ type: 'output', ...place, output: { output_type: 'stream', name: 'stdout', text } } as const]),
    { type: 'finished', ...place, durationMs: 0, heldMs: 0, status: 'ok' },
  ];
}

function printedBy(code: string): string | undefined {
  const [, constants] = /^print\((.*)\)\s*$/.exec(code) ?? [];
  return constants === undefined ? undefined : `${(JSON.parse(`[${constants}]`) as unknown[]).join(' ')}\n`;
}
