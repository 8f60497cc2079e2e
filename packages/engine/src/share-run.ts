import { type MonoTypeOperatorFunction, ReplaySubject, share } from 'rxjs';

/**
 * Lets several subscribers follow one run, however late they come: each gets the run so far, and then what happens.
 *
 * The first subscription starts the run. It goes on while nobody listens, so that a page can be closed and opened again;
 * abort the run's `signal` to end it. Who has seen events before continues after the last `seq` that it knows, for
 * example with `skipWhile(({ seq }) => seq <= lastSeq)`. The events of a run are kept as long as the observable is;
 * `maxOutputBytes` bounds them.
 *
 * ```ts
 * const events$ = run$(tokens$, kernel, { signal }).pipe(shareRun());
 * ```
 */
export function shareRun<T>(): MonoTypeOperatorFunction<T> {
  return share({
    connector: () => new ReplaySubject<T>(),
    resetOnComplete: false,
    resetOnError: false,
    resetOnRefCountZero: false,
  });
}
