import { UNKNOWN, type Value } from './effect-values.js';

/** The names of a module, a function, a class or a comprehension, and what static analysis knows of them. */
export interface Scope {
  /** `late`: asked from inside of a function, where a global name means what it will mean when the function runs. */
  lookup(name: string, late?: boolean): Value;
  bind(name: string, value: Value): void;
  unbind(name: string): void;
}

/** The global names of the program, with Python's builtins behind them. */
export class ModuleScope implements Scope {
  /** Counts up when a name gets or loses a meaning that matters. */
  version = 0;
  private readonly names = new Map<string, Value>();
  private readonly starred: string[] = [];
  private readonly hasRule: (path: string) => boolean;

  /** `hasRule` says whether the effect table has a row for exactly this name. */
  constructor(hasRule: (path: string) => boolean) {
    this.hasRule = hasRule;
  }

  lookup(name: string, late = false): Value {
    return late ? { kind: 'late', name, steps: [] } : (this.names.get(name) ?? this.builtin(name));
  }

  bind(name: string, value: Value): void {
    if (value.kind !== 'unknown' || (this.names.get(name)?.kind ?? 'unknown') !== 'unknown') this.version++;
    this.names.set(name, value);
  }

  unbind(name: string): void {
    this.version++;
    this.names.delete(name);
  }

  /** `from module import *`: of the names that it may bring, only those count that have a rule. */
  bindAll(module: string): void {
    this.version++;
    this.starred.push(module);
  }

  private builtin(name: string): Value {
    const module = this.starred.findLast((starred) => this.hasRule(`${starred}.${name}`));
    if (module) return { kind: 'path', path: `${module}.${name}` };
    if (name === '__builtins__') return { kind: 'path', path: 'builtins' };
    const path = `builtins.${name}`;
    return BUILTINS.has(name) || this.hasRule(path) ? { kind: 'path', path } : UNKNOWN;
  }
}

/** The builtins that analysis follows, beside those with a rule. */
const BUILTINS = new Set('globals locals vars get_ipython'.split(' '));

/** Names inside of something, with those around it behind them. */
export class InnerScope implements Scope {
  private readonly names = new Map<string, Value>();
  private readonly kind: 'function' | 'class' | 'comprehension';
  private readonly outer: Scope;

  constructor(kind: 'function' | 'class' | 'comprehension', outer: Scope) {
    this.kind = kind;
    this.outer = outer;
  }

  lookup(name: string, late = false): Value {
    // A method does not see the names of its class.
    const own = this.kind === 'class' && late ? undefined : this.names.get(name);
    return own ?? this.outer.lookup(name, late || this.kind === 'function');
  }

  bind(name: string, value: Value): void {
    this.names.set(name, value);
  }

  unbind(name: string): void {
    this.names.delete(name);
  }

  entries(): Iterable<[string, Value]> {
    return this.names;
  }
}
