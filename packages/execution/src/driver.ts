import { driverModules } from './driver-source.js';

/** The driver, as install.py takes it. */
export const driver = {
  /** Named after its content, so that clients of several versions can share a kernel. */
  package: `eager_driver_${hash(JSON.stringify(driverModules))}`,
  modules: driverModules,
};

/**
 * Code that installs the driver as a Python package in memory, once per kernel. To be executed silently: it defines
 * nothing in the user's namespace and leaves the execution count alone.
 */
export const installDriver = `
_eager = {}
try:
    exec(${JSON.stringify(driverModules.install)}, _eager)
    _eager["install"](${JSON.stringify(driver.package)}, ${JSON.stringify(driverModules)})
finally:
    del _eager
`;

/**
 * Code of the cell in which the driver runs one program. `nonce` marks the messages of this program. The cell must
 * not end with an expression, whose value would go to the display hook that the program may have set.
 */
export function openCell(nonce: string, has: { readonly input: boolean; readonly guard: boolean }): string {
  const options = `accepts_input=${toPython(has.input)}, is_guarded=${toPython(has.guard)}`;
  return `await __import__("sys").modules["${driver.package}.driver"].run("${nonce}", ${options})\npass`;
}

/**
 * Code that asks for input as the driver does. Any answer will do. It raises where the kernel is not ipykernel's, or has no
 * standard input. After the driver's.
 */
export const tryStdin = '__import__("IPython").get_ipython().kernel.raw_input("")';

/** Whose journal a kernel keeps, and how long it waits for that client when nothing comes from it, in milliseconds. */
export interface JournalOwner {
  readonly session: string;
  readonly patienceMs: number;
}

/** Code that lets the kernel remember what it says to a client; see journal.py. After the driver's. */
export function keepJournal({ session, patienceMs }: JournalOwner): string {
  const journal = `__import__("sys").modules["${driver.package}.journal"]`;
  return `${journal}.keep(${JSON.stringify(session)}, ${patienceMs / 1000})`;
}

function toPython(value: boolean): string {
  return value ? 'True' : 'False';
}

/** 32-bit FNV-1a: enough to tell versions of one source apart. */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return (value >>> 0).toString(16).padStart(8, '0');
}
