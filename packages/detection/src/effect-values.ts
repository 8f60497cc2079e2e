import type { Scope } from './effect-scope.js';
import type { Use } from './effect-walk.js';

/** What static analysis knows of the value of an expression. */
export type Value =
  /** Nothing, but perhaps the attribute that it was reached by: `df.to_csv` is unknown, named `to_csv`. */
  | { readonly kind: 'unknown'; readonly name?: string }
  /** A module, or what is reached from one: `os`, `os.path.join`, and `pathlib.Path()` for what a call returns. */
  | { readonly kind: 'path'; readonly path: string }
  /** A string. */
  | { readonly kind: 'text'; readonly text: string }
  /** A global name inside of a function, which is looked up when the function runs, and what is reached from it. */
  | { readonly kind: 'late'; readonly name: string; readonly steps: readonly Step[] }
  | Definition
  | { readonly kind: 'instance'; readonly of: Definition; readonly name?: string };

/** A function, a lambda or a class of the program. */
export interface Definition {
  readonly kind: 'definition';
  readonly name: string;
  /** What the body of a function uses. The body of a class runs where it stands. */
  readonly uses: readonly Use[];
  /** The methods of a class; undefined for a function. */
  readonly methods?: ReadonlyMap<string, Definition>;
  readonly bases?: readonly Value[];
}

/** A way from one value to another: `.name`, `[key]` with a constant key, or a call. */
export type Step =
  | { readonly kind: 'attribute'; readonly name: string }
  | { readonly kind: 'item'; readonly key: string }
  | { readonly kind: 'call' };

export const UNKNOWN: Value = { kind: 'unknown' };

/** The longest way from a global name that is remembered: `x = x.y()` again and again would make it endless. */
const MAX_STEPS = 8;

/** Where a step leads to. `isKnown` says of a path that ends in `()` whether there are rules for what is returned. */
export function step(value: Value, by: Step, isKnown: (path: string) => boolean): Value {
  switch (value.kind) {
    case 'path':
      return stepFromPath(value.path, by, isKnown);
    case 'late':
      return value.steps.length < MAX_STEPS ? { ...value, steps: [...value.steps, by] } : stepFromUnknown(by);
    case 'definition':
      if (by.kind === 'call') return value.methods ? { kind: 'instance', of: value } : UNKNOWN;
      return (by.kind === 'attribute' && value.methods?.get(by.name)) || stepFromUnknown(by);
    case 'instance':
      if (by.kind !== 'attribute' || value.name !== undefined) return stepFromUnknown(by);
      return methodOf(value.of, by.name) ?? { ...value, name: by.name };
    case 'text':
      return UNKNOWN;
    case 'unknown':
      return stepFromUnknown(by);
  }
}

/** The value of a late one, now that its function runs. */
export function settled(value: Value, module: Scope, isKnown: (path: string) => boolean): Value {
  if (value.kind !== 'late') return value;
  return value.steps.reduce((from, by) => step(from, by, isKnown), module.lookup(value.name));
}

function stepFromPath(path: string, by: Step, isKnown: (path: string) => boolean): Value {
  switch (by.kind) {
    case 'attribute':
      return { kind: 'path', path: `${path}.${by.name}` };
    case 'item':
      if (path === 'sys.modules') return { kind: 'path', path: by.key };
      if (path === 'builtins') return { kind: 'path', path: `builtins.${by.key}` };
      if (NAMESPACES.has(path)) return { kind: 'late', name: by.key, steps: [] };
      if (path.endsWith('.__dict__'))
        return { kind: 'path', path: `${path.slice(0, -'__dict__'.length)}${by.key}` };
      return UNKNOWN;
    case 'call':
      return isKnown(`${path}()`) ? { kind: 'path', path: `${path}()` } : UNKNOWN;
  }
}

function stepFromUnknown(by: Step): Value {
  return by.kind === 'attribute' ? { kind: 'unknown', name: by.name } : UNKNOWN;
}

/** Calls that return the names of the program. */
export const NAMESPACES: ReadonlySet<string> = new Set([
  'builtins.globals()',
  'builtins.locals()',
  'builtins.vars()',
]);

/** The method of a class of the program, or of a class that it is made from. */
function methodOf(definition: Definition, name: string): Definition | undefined {
  const classes = new Set([definition]);
  for (const { methods, bases } of classes) {
    const method = methods?.get(name);
    if (method) return method;
    for (const base of bases ?? []) if (base.kind === 'definition') classes.add(base);
  }
  return undefined;
}
