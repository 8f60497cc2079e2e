import { defer, type MonoTypeOperatorFunction } from 'rxjs';
import type { RunEvent } from './events.js';
import { flattened } from './flattened.js';

/**
 * Adds the `chunk` event of a statement that detection has not closed, because the kernel had found an error in it
 * before. It comes right before the `batch` event that says so, like that of any chunk.
 */
export function announcingConvicted(): MonoTypeOperatorFunction<RunEvent> {
  return (events$) =>
    defer(() => {
      let announced = 0;
      return events$.pipe(
        flattened((event): RunEvent[] => {
          if (event.type === 'chunk') announced = event.chunk.id + 1;
          if (event.type !== 'batch') return [event];
          const { atMs, batch } = event;
          const convicted = batch.chunks.filter(({ id }) => id >= announced);
          return [...convicted.map((chunk): RunEvent => ({ type: 'chunk', atMs, chunk })), event];
        }),
      );
    });
}
