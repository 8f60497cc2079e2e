import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Machine, Versions } from './machine.js';
import type { RoundResult } from './measure.js';
import type { Extent } from './plan.js';

/** What a series of measurements was made of. Results belong together only if all of this is the same. */
export interface RunHeader {
  readonly extent: Extent;
  readonly seed: number;
  /** Of the plan: see `Plan`. */
  readonly digest: string;
  readonly machine: Machine;
  readonly versions: Versions;
}

/**
 * Keeps results in a file while they are measured: a line of JSON that says what they were measured with, then a line for
 * each round. A series that was stopped goes on where it stopped; a line that was cut off is measured again.
 */
export class Record {
  readonly path: string;
  readonly #done: Map<string, RoundResult>;

  /**
   * Opens the file of a series, or begins one. Results of another plan, machine or version are kept beside it, as
   * `….previous`.
   */
  static open(path: string, header: RunHeader): Record {
    const [first, ...results] = existsSync(path) ? linesOf(path) : [];
    const isSame = isDeepStrictEqual(first, JSON.parse(JSON.stringify({ type: 'series', ...header })));
    if (!isSame) {
      if (existsSync(path)) renameSync(path, `${path}.previous`);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, line({ type: 'series', ...header }));
    }
    return new Record(path, isSame ? (results as RoundResult[]) : []);
  }

  private constructor(path: string, results: readonly RoundResult[]) {
    this.path = path;
    this.#done = new Map(results.map((result) => [result.key, result]));
  }

  /** In the order in which they were measured. */
  get results(): readonly RoundResult[] {
    return [...this.#done.values()];
  }

  has(key: string): boolean {
    return this.#done.has(key);
  }

  add(result: RoundResult): void {
    appendFileSync(this.path, line(result));
    this.#done.set(result.key, result);
  }
}

/** The values of the lines that are whole. */
function linesOf(path: string): unknown[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  const rest = lines.pop();
  // What follows must not be appended to half a line.
  if (rest) writeFileSync(path, lines.map((text) => `${text}\n`).join(''));
  return lines.map((text) => JSON.parse(text));
}

function line(value: object): string {
  return `${JSON.stringify(value, rounded)}\n`;
}

/** A thousandth of a millisecond is beyond what can be measured, and twelve digits of it are long. */
function rounded(_: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(7)) : value;
}
