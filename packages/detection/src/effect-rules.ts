import { EFFECT_TABLE, type EffectRule, HARMLESS_TARGETS } from './effect-table.js';
import type { Value } from './effect-values.js';
import type { Argument, Call, Use } from './effect-walk.js';
import type { Effect, EffectClass } from './policy.js';

/** The effect table and the rules that come before it: says what the use of a name does. */
export class EffectRules {
  private readonly own: ReadonlyMap<string, EffectRule>;
  private readonly ownResults: ReadonlySet<string>;

  constructor(own: ReadonlyMap<string, EffectRule> = new Map()) {
    this.own = own;
    this.ownResults = resultsIn(own);
  }

  /** Whether there is a rule for exactly this name. */
  has(path: string): boolean {
    return this.own.has(path) || EFFECT_TABLE.has(path);
  }

  /** Whether there are rules for what a call returns; its path ends in `()`. */
  knowsResult(path: string): boolean {
    return this.ownResults.has(path) || TABLE_RESULTS.has(path);
  }

  /** What the table says of a value; nothing of what is harmless. */
  ruleFor(value: Value): EffectRule | undefined {
    const path = pathOf(value);
    const rule = path === undefined ? undefined : this.find(path);
    return rule?.class === 'harmless' ? undefined : rule;
  }

  /** What the use of a value does. The value must be settled, and the arguments too. */
  effectOf({ value, call, source, from }: Use): Effect | undefined {
    const path = pathOf(value) ?? '';
    const rule = this.ruleFor(value);
    const act = rule && (call ? calledAct(path, rule, call) : referredAct(path, rule));
    if (!act) return undefined;
    return { ...act, line: source.lineAt(from), ...(rule.unaudited && { unaudited: true as const }) };
  }

  /** The rule with the longest name that the path begins with; what a call returned is no part of what was called. */
  private find(path: string): EffectRule | undefined {
    for (let name = path; ; name = name.slice(0, name.lastIndexOf('.'))) {
      const rule = this.own.get(name) ?? EFFECT_TABLE.get(name);
      if (rule) return rule;
      if (name.endsWith('()') || !name.includes('.')) break;
    }
    const method = `*${path.slice(path.lastIndexOf('.'))}`;
    return path.includes('.') ? (this.own.get(method) ?? EFFECT_TABLE.get(method)) : undefined;
  }
}

type Act = Pick<Effect, 'class' | 'what'>;

function calledAct(path: string, rule: EffectRule, call: Call): Act | undefined {
  const { args } = call;
  const target = targetOf(rule, args);
  const constant = target?.value.kind === 'text' ? target.value.text : undefined;
  if (rule.needsTarget && (!target || target.text === 'None')) return undefined;
  if (target?.value.kind === 'path' && HARMLESS_TARGETS.has(target.value.path)) return undefined;
  if (constant !== undefined && rule.harmlessFor?.test(constant)) return undefined;
  if (rule.onlyFor && !(constant !== undefined && rule.onlyFor.test(constant))) return undefined;
  const effectClass = rule.class as EffectClass;
  const shown =
    rule.target === 'self' ? call.self : constant === undefined ? target?.text : JSON.stringify(constant);
  if (rule.mode && writes(rule.mode, args))
    return { class: 'write', what: phrase('writes file …', path, shown) };
  if (effectClass === 'read' && constant !== undefined && /^\w{2,}:\/\/(?<!file:\/\/)/.test(constant))
    return { class: 'network', what: phrase('reads …', path, shown) };
  return { class: effectClass, what: phrase(rule.what, path, shown) };
}

/** A function that is handed on may be called with anything. A constant or an exception does nothing. */
function referredAct(path: string, rule: EffectRule): Act | undefined {
  const last = path.slice(path.lastIndexOf('.') + 1);
  if (/^[A-Z][A-Z0-9_]+$|(Error|Exception|Warning|Expired)$/.test(last)) return undefined;
  return { class: rule.mode ? 'write' : (rule.class as EffectClass), what: `refers to ${shownName(path)}` };
}

/** Names that file parameters go by. */
const TARGET_KEYWORDS = new Set(
  'file filename fname path path_or_buf path_or_buffer buf filepath filepath_or_buffer io excel_writer url con database dst args save_directory f fp name where'.split(
    ' ',
  ),
);

function targetOf({ target = 0 }: EffectRule, args: readonly Argument[]): Argument | undefined {
  if (target === 'self') return undefined;
  return (
    positional(args, target) ??
    args.find(({ keyword }) => keyword?.startsWith('*') || TARGET_KEYWORDS.has(keyword ?? ''))
  );
}

/** What cannot be known may be a mode for writing. */
function writes(
  { at, default: byDefault }: NonNullable<EffectRule['mode']>,
  args: readonly Argument[],
): boolean {
  const mode = args.find(({ keyword }) => keyword === 'mode') ?? positional(args, at);
  if (byDefault === 'flags') return !mode || !/^([\w.]*O_RDONLY|0)$/.test(mode.text);
  if (!mode && args.some(({ keyword }) => keyword?.startsWith('*'))) return true;
  if (mode && mode.value.kind !== 'text') return true;
  const text = mode?.value.kind === 'text' ? mode.value.text : byDefault;
  return /^[rwaxbtU+:|*gz2xc]+$/.test(text) && /[wax+]/.test(text);
}

function positional(args: readonly Argument[], at: number): Argument | undefined {
  return args.filter(({ keyword }) => keyword === undefined)[at];
}

/** The name to look up in the table. */
function pathOf(value: Value): string | undefined {
  if (value.kind === 'path') return value.path;
  if (value.kind !== 'unknown' && value.kind !== 'instance') return undefined;
  return value.name === undefined ? undefined : `*.${value.name}`;
}

function phrase(what: string | undefined, path: string, shown: string | undefined): string {
  return what && shown ? what.replace('…', () => shortened(shown)) : `calls ${shownName(path)}`;
}

function shownName(path: string): string {
  return path.replace(/^(builtins|\*)\./, '');
}

const MAX_SHOWN = 60;

function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > MAX_SHOWN ? `${line.slice(0, MAX_SHOWN - 1)}…` : line;
}

/** The parts of the rules' names that end in `()`. */
function resultsIn(rules: ReadonlyMap<string, EffectRule>): ReadonlySet<string> {
  const names = [...rules.keys(), ...HARMLESS_TARGETS];
  return new Set(
    names.flatMap((name) => [...name.matchAll(/\(\)/g)].map(({ index }) => name.slice(0, index + 2))),
  );
}

const TABLE_RESULTS = resultsIn(EFFECT_TABLE);
