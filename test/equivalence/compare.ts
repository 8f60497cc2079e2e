import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asFarAsRun, asFarAsWritten, comparable, withoutDepth } from './allowed-differences.js';
import { extent, type Program } from './corpora.js';
import { FreshKernels } from './kernels.js';
import { modes, type Observation, observeEager, observeSerial } from './observe.js';

/**
 * The proof that an eager run is one notebook cell.
 *
 * By default a sample runs. EAGER_EQUIVALENCE=each takes all programs, each written in one way; EAGER_EQUIVALENCE=full
 * takes all programs in all ways. EAGER_PYTHON names the interpreter: the more libraries it has, the more programs run.
 */

/**
 * Declares a test for each program: it runs once as a plain cell and several times eagerly, each time on a fresh kernel,
 * and all that can be seen of the runs must be equal. By default each program is written in one of the ways, in turn.
 */
export function equalsSerial(corpus: string, programs: readonly Program[]): void {
  const name = `${corpus}: an eager run gives what a plain cell gives`;
  if (programs.length === 0) {
    test.skip(`${name}: no program is here, or its libraries are not`);
    return;
  }
  describe(name, () => {
    let kernels: FreshKernels;
    beforeAll(() => {
      kernels = new FreshKernels();
    });
    afterAll(() => kernels[Symbol.asyncDispose]());

    test.each(programs.map((program, index) => [program.name, program, index] as const))(
      '%s',
      async (_, { text, cells = [text], files }, index) => {
        const ways = extent === 'full' ? modes : modes.filter((_, way) => way === index % modes.length);
        const serial = kernels.with(files, (fresh) => eachOf(cells, (cell) => observeSerial(cell, fresh)));
        const found: string[] = [];
        // Two kernels at a time: more would only be in each other's way.
        for (const mode of ways) {
          const eager = kernels.with(files, (fresh) =>
            eachOf(cells, (cell) => observeEager(cell, mode, fresh)),
          );
          found.push(...cellDifferences(await serial, await eager).map((found) => `${mode.name}: ${found}`));
        }
        expect(found).toEqual([]);
      },
      120_000,
    );
  });
}

/** Observes cells that run in order on one kernel. */
async function eachOf(cells: readonly string[], observe: (cell: string) => Promise<Observation>) {
  const observations: Observation[] = [];
  for (const cell of cells) observations.push(await observe(cell));
  return observations;
}

function cellDifferences(serial: readonly Observation[], eager: readonly Observation[]): string[] {
  return serial.flatMap((observation, index) => {
    const other = eager[index];
    if (!other) return [`cell ${index + 1} did not run`];
    return differences(observation, other).map((found) =>
      index > 0 ? `cell ${index + 1}: ${found}` : found,
    );
  });
}

/** Where two observations differ in more than what is allowed, as one line for each place. */
export function differences(serial: Observation, eager: Observation): string[] {
  return differing('', comparable(normal(asWritten(serial, eager))), comparable(normal(eager)));
}

function normal(observation: Observation): Observation {
  const { outputs, saved, error } = observation;
  const shallow = <T>(output: T): T =>
    isTraceback(output) ? { ...output, traceback: withoutDepth(output) } : output;
  return {
    ...observation,
    outputs: outputs.map(shallow),
    saved: saved.map(shallow),
    error: shallow(error),
  };
}

/** The serial observation as far as the program was written when it failed; all of it, if it did not. */
function asWritten(serial: Observation, eager: Observation): Observation {
  const traceback = eager.error?.traceback ?? [];
  const shorten = <T>(output: T): T =>
    isTraceback(output) ? { ...output, traceback: asFarAsWritten(output.traceback, traceback) } : output;
  const inputs = serial.afterwards.inputs.map((input, index) => {
    return asFarAsRun(input, eager.afterwards.inputs[index] ?? input, eager.error !== null);
  });
  return {
    outputs: serial.outputs.map(shorten),
    saved: serial.saved.map(shorten),
    error: shorten(serial.error),
    afterwards: { ...serial.afterwards, inputs },
  };
}

function isTraceback<T>(output: T): output is T & { readonly ename: string; readonly traceback: string[] } {
  return typeof output === 'object' && output !== null && 'traceback' in output;
}

function differing(path: string, serial: unknown, eager: unknown): string[] {
  if (!isContainer(serial) || !isContainer(eager)) {
    return Object.is(serial, eager) ? [] : [`${path}: ${excerpts(serial, eager)}`];
  }
  const keys = new Set([...Object.keys(serial), ...Object.keys(eager)]);
  return [...keys].flatMap((key) => differing(path === '' ? key : `${path}.${key}`, serial[key], eager[key]));
}

function isContainer(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** Both values from shortly before the first place where they differ. */
function excerpts(serial: unknown, eager: unknown): string {
  const [left, right] = [JSON.stringify(serial) ?? 'nothing', JSON.stringify(eager) ?? 'nothing'];
  const at = [...left].findIndex((character, index) => character !== right[index]);
  const from = Math.max(0, (at < 0 ? left.length : at) - 40);
  return `serial …${left.slice(from, from + 200)}, eager …${right.slice(from, from + 200)}`;
}
