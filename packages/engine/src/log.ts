/**
 * An immutable sequence that grows at its end.
 *
 * A log shares its storage with the logs that it grew from, so appending costs O(1) and old versions stay
 * valid: each sees only its own length. A second, different continuation of one log copies it first.
 */
export class Log<T> implements Iterable<T> {
  readonly length: number;
  readonly #storage: T[];

  private constructor(storage: T[]) {
    this.#storage = storage;
    this.length = storage.length;
  }

  static empty<T>(): Log<T> {
    return new Log<T>([]);
  }

  /** This log followed by `value`. */
  append(value: T): Log<T> {
    const isLatest = this.#storage.length === this.length;
    const storage = isLatest ? this.#storage : this.#storage.slice(0, this.length);
    storage.push(value);
    return new Log(storage);
  }

  /** The value at `index`, counted from the end when negative; undefined outside the log. */
  at(index: number): T | undefined {
    const fromStart = index < 0 ? this.length + index : index;
    return fromStart < this.length ? this.#storage[fromStart] : undefined;
  }

  *[Symbol.iterator](): Iterator<T> {
    for (let index = 0; index < this.length; index++) yield this.#storage[index] as T;
  }

  toArray(): T[] {
    return this.#storage.slice(0, this.length);
  }

  toJSON(): T[] {
    return this.toArray();
  }
}
