import { Observable, type OperatorFunction } from 'rxjs';

/**
 * All items that `expand` makes of each item, in order: `concatMap` for arrays, without a subscription for each item,
 * of which a run has one for every token. An item that arrives while another is being given out waits for its turn.
 */
export function flattened<T, R>(expand: (item: T) => readonly R[]): OperatorFunction<T, R> {
  return (source$) =>
    new Observable((subscriber) => {
      const waiting: T[] = [];
      let isBusy = false;
      let isComplete = false;
      const giveOut = (first: T): void => {
        for (let item: T | undefined = first; item !== undefined; item = waiting.shift()) {
          for (const made of expand(item)) subscriber.next(made);
        }
      };
      return source$.subscribe({
        next: (item) => {
          if (isBusy) {
            waiting.push(item);
            return;
          }
          isBusy = true;
          try {
            giveOut(item);
          } catch (error) {
            subscriber.error(error);
          }
          isBusy = false;
          if (isComplete) subscriber.complete();
        },
        error: (error) => subscriber.error(error),
        complete: () => {
          isComplete = true;
          if (!isBusy) subscriber.complete();
        },
      });
    });
}
