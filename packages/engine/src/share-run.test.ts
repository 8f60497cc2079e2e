import { Observable, Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { shareRun } from './share-run.js';

/** A run that tells how often it was started and stopped. */
function run() {
  const events$ = new Subject<number>();
  const calls = { started: 0, stopped: 0 };
  const run$ = new Observable<number>((subscriber) => {
    calls.started++;
    const subscription = events$.subscribe(subscriber);
    return () => {
      calls.stopped++;
      subscription.unsubscribe();
    };
  });
  return { events$, calls, shared$: run$.pipe(shareRun()) };
}

function follow(events$: Observable<number>) {
  const seen: (number | string)[] = [];
  const subscription = events$.subscribe({
    next: (event) => seen.push(event),
    error: (error) => seen.push(String(error)),
    complete: () => seen.push('complete'),
  });
  return { seen, subscription };
}

describe('shareRun', () => {
  it('starts with the first subscriber', () => {
    const { calls, shared$ } = run();
    expect(calls.started).toBe(0);
    follow(shared$);
    follow(shared$);
    expect(calls.started).toBe(1);
  });

  it.each([0, 1, 2, 3])('gives one who comes after %i events all of them, in order', (count) => {
    const { events$, shared$ } = run();
    const early = follow(shared$);
    for (let event = 0; event < count; event++) events$.next(event);
    const late = follow(shared$);
    for (let event = count; event < 3; event++) events$.next(event);
    events$.complete();
    expect(late.seen).toEqual([0, 1, 2, 'complete']);
    expect(late.seen).toEqual(early.seen);
  });

  it('gives one who comes after its end the same end', () => {
    const { events$, calls, shared$ } = run();
    follow(shared$);
    events$.next(0);
    events$.error(new Error('gone'));
    expect(follow(shared$).seen).toEqual([0, 'Error: gone']);
    expect(calls.started).toBe(1);
  });

  it('goes on while nobody listens, and is never started twice', () => {
    const { events$, calls, shared$ } = run();
    follow(shared$).subscription.unsubscribe();
    events$.next(0);
    expect(follow(shared$).seen).toEqual([0]);
    expect(calls).toEqual({ started: 1, stopped: 0 });
  });
});
