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
  private changes = 0;
  private readonly changedAt = new Map<string, number>();
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
    this.names.set(name, value);
    this.touch(name);
  }

  unbind(name: string): void {
    this.names.delete(name);
    this.touch(name);
  }

  /** `from module import *`: of the names that it may bring, only those count that have a rule. */
  bindAll(module: string): void {
    this.starred.push(module);
    this.touch(ANY);
  }

  /** How often names have changed their meaning by now. */
  get version(): number {
    return this.changes;
  }

  /** Notes that a name means something else from now on. */
  touch(name: string): void {
    this.changedAt.set(name, ++this.changes);
  }

  /** Whether one of the names has changed its meaning since a version. */
  hasChanged(names: ReadonlySet<string>, version: number): boolean {
    const since = (name: string) => (this.changedAt.get(name) ?? 0) > version;
    return this.changes > version && (since(ANY) || [...names].some(since));
  }

  private builtin(name: string): Value {
    const module = this.starred.findLast((starred) => this.hasRule(`${starred}.${name}`));
    if (module) return { kind: 'path', path: `${module}.${name}` };
    if (name === '__builtins__') return { kind: 'path', path: 'builtins' };
    const path = `builtins.${name}`;
    return BUILTINS.has(name) || this.hasRule(path) ? { kind: 'path', path } : UNKNOWN;
  }
}

/** Stands for all names; no name of Python is empty. */
const ANY = '';

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
