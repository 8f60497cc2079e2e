import { parser } from '@lezer/python';
import type { Chunk } from './chunk.js';
import { EffectRules } from './effect-rules.js';
import { ModuleScope } from './effect-scope.js';
import type { EffectRule } from './effect-table.js';
import { type Definition, NAMESPACES, settled, type Value } from './effect-values.js';
import { type Program, type Use, Walker } from './effect-walk.js';
import { magicsOf } from './magics.js';
import type { Effect } from './policy.js';
import { Source } from './source.js';

/**
 * Finds what the statements of a program may do to the world, from their syntax trees alone. Fed chunk by chunk in the
 * order of the program, because what a name means depends on what came before: imports, aliases, definitions.
 *
 * To define a function does nothing; to call it, or to hand it on, does what its body does. A method is found by its
 * class where the class of the object is plain to see, and else by its name alone.
 *
 * Code that Lezer cannot read (one valid file in twelve has some) is no effect by itself: the names in it and around it
 * are looked at like all others, and what is lost in it is left to the hook at run time.
 *
 * It cannot see what is computed: functions in containers and attributes, modules that are imported for their effects,
 * names that are put together at run time, code that is given to `eval`.
 */
export class EffectAnalysis implements Program {
  /** @internal */
  readonly module: ModuleScope;
  private readonly rules: EffectRules;
  private readonly methods = new Map<string, Definition[]>();
  private readonly cache = new Map<Definition, Remembered>();

  /** `rules` come before those of the effect table. */
  constructor(rules?: ReadonlyMap<string, EffectRule>) {
    this.rules = new EffectRules(rules);
    this.module = new ModuleScope((path) => this.rules.has(path));
  }

  /** What the chunk may do when it runs, in the order of the program; nothing, for nearly all. */
  analyse(chunk: Chunk): Effect[] {
    const { code, line, kind, tree } = chunk;
    const { effects, python } = magicsOf(chunk);
    const source = new Source(python ?? code, line);
    const walker = new Walker(this, source, this.module);
    if (kind !== 'magic') walker.visit(tree.topNode);
    else if (python !== undefined) walker.visit(parser.parse(python).topNode);
    return distinct([...effects, ...walker.uses.flatMap((use) => this.effectsOf(use))]);
  }

  /** @internal */
  isKnown(path: string): boolean {
    return NAMESPACES.has(path) || this.rules.knowsResult(path);
  }

  /** @internal */
  defined(definition: Definition): void {
    for (const [name, method] of definition.methods ?? []) {
      const known = this.methods.get(name);
      if (known) known.push(method);
      else this.methods.set(name, [method]);
      this.module.touch(methodKey(name));
    }
  }

  private effectsOf(use: Use): Effect[] {
    const value = this.settled(use.value);
    const effect = this.effectOf(use, value);
    const inside = this.definitionsIn(value).flatMap((definition) => this.effectsInside(definition));
    return effect ? [effect, ...inside] : inside;
  }

  /** What happens when the definition is called, and all that it calls in turn. */
  private effectsInside(definition: Definition): readonly Effect[] {
    const remembered = this.cache.get(definition);
    if (remembered && !this.module.hasChanged(remembered.names, remembered.version))
      return remembered.effects;
    // The set grows while it is walked over, and holds each definition once, however they call each other.
    const reached = new Set([definition]);
    const names = new Set<string>();
    const found: Effect[] = [];
    for (const { name, uses, methods, bases } of reached) {
      if (methods) for (const method of specialMethods(methods)) reached.add(method);
      for (const base of bases ?? []) if (base.kind === 'definition') reached.add(base);
      for (const use of uses) {
        const value = this.settled(use.value);
        const effect = this.effectOf(use, value);
        if (effect) found.push(name ? { ...effect, what: `${effect.what} in ${name}()` } : effect);
        const asked = namesIn(use, value);
        // What a name leads to has been reached by its first use.
        if (value.kind !== 'unknown' || asked.some((each) => !names.has(each)))
          for (const called of this.definitionsIn(value)) reached.add(called);
        for (const each of asked) names.add(each);
      }
    }
    const effects = distinct(found);
    this.cache.set(definition, { effects, names, version: this.module.version });
    return effects;
  }

  /** What the use does by the table, if the value is none of the program's own. */
  private effectOf({ source, from, call }: Use, value: Value): Effect | undefined {
    const rule = this.rules.ruleFor(value);
    if (!rule) return undefined;
    const args = call?.args.map((argument) => ({ ...argument, value: this.settled(argument.value) }));
    return this.rules.effectOf({ value, source, from, ...(call && args && { call: { ...call, args } }) });
  }

  /** The definitions of the program that run when the value is called. */
  private definitionsIn(value: Value): readonly Definition[] {
    switch (value.kind) {
      case 'definition':
        return [value];
      case 'unknown':
        return (!isSpecial(value.name ?? '') && this.methods.get(value.name ?? '')) || [];
      default:
        return [];
    }
  }

  private settled(value: Value): Value {
    return settled(value, this.module, (path) => this.isKnown(path));
  }
}

/** What a definition was found to do, and the names that this depends on. */
interface Remembered {
  readonly effects: readonly Effect[];
  readonly names: ReadonlySet<string>;
  /** Of the module's names, when this was found. */
  readonly version: number;
}

/** The names that were looked up to see what a use does. */
function namesIn({ value, call }: Use, settled: Value): string[] {
  const values = [value, ...(call?.args.map((argument) => argument.value) ?? [])];
  const names = values.flatMap((each) => (each.kind === 'late' ? [each.name] : []));
  return settled.kind === 'unknown' && settled.name ? [...names, methodKey(settled.name)] : names;
}

/** Under which methods of a name count as a name of the module. */
function methodKey(name: string): string {
  return `.${name}`;
}

/** What may run without being named once a class is called: `__init__`, `__enter__`, `__iter__` and the like. */
function specialMethods(methods: ReadonlyMap<string, Definition>): Definition[] {
  return [...methods].filter(([name]) => isSpecial(name)).map(([, method]) => method);
}

function isSpecial(name: string): boolean {
  return name.startsWith('__') && name.endsWith('__');
}

function distinct(effects: readonly Effect[]): Effect[] {
  if (effects.length < 2) return [...effects];
  return [
    ...new Map(effects.map((effect) => [`${effect.class} ${effect.line} ${effect.what}`, effect])).values(),
  ];
}
