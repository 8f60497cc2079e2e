import { asyncScheduler, Observable, type SchedulerAction } from 'rxjs';
import { type Clock, startClock } from './clock.js';
import type { Token } from './token.js';

/** For how long tokens that are due are delivered in one go: a long program at full speed must not starve the kernel. */
const MAX_TURN_MS = 10;

/**
 * Delivers tokens at their times, counted from the subscription, and stamps each with the time of its arrival.
 *
 * Waits are computed against the clock, never added up, so that lateness does not accumulate.
 *
 * @param tokens Their `atMs` must not decrease.
 */
export function replay(tokens: readonly Token[], clock?: Clock): Observable<Token> {
  return new Observable((subscriber) => {
    const now = clock ?? startClock();
    const startMs = now();
    let next = 0;

    return asyncScheduler.schedule(function (this: SchedulerAction<unknown>) {
      const turnStartMs = now();
      for (let token = tokens[next]; token !== undefined; token = tokens[++next]) {
        const atMs = now();
        const waitMs = startMs + token.atMs - atMs;
        if (waitMs > 0 || atMs - turnStartMs > MAX_TURN_MS) {
          this.schedule(undefined, Math.max(0, waitMs));
          return;
        }
        subscriber.next({ text: token.text, atMs });
        if (subscriber.closed) return;
      }
      subscriber.complete();
    });
  });
}
