import type { Chunk } from './chunk.js';
import type { Effect, EffectClass } from './policy.js';
import { Source } from './source.js';

/**
 * What IPython's magics in a piece of a program do: `%name`, `%%name`, `!command`. `python` is the Python code that
 * a magic runs, with all lines where they were; undefined where there is none.
 */
export function magicsOf({ code, line, kind, tree }: Pick<Chunk, 'code' | 'line' | 'kind' | 'tree'>): {
  readonly effects: Effect[];
  readonly python?: string;
} {
  if (!/[!%]/.test(code)) return { effects: [] };
  const effects: Effect[] = [];
  const source = new Source(code, line);
  const pattern = kind === 'magic' ? MAGIC : MAGIC_INSIDE;
  for (const match of code.matchAll(pattern)) {
    const { before = '', sign = '', name = '', rest = '' } = match.groups ?? {};
    const signAt = match.index + before.length;
    if (kind !== 'magic' && NO_MAGIC.has(tree.resolveInner(signAt, 1).name)) continue;
    const effect = sign.startsWith('!')
      ? ({ class: 'process', what: `runs shell command ${shown(name + rest)}` } as const)
      : magicEffect(sign, name, rest);
    if (effect) effects.push({ ...effect, line: source.lineAt(signAt) });
    if (kind !== 'magic') continue;
    const from = signAt + sign.length + name.length;
    const python = TIMERS.has(name)
      ? spaces(code.slice(0, from)) + code.slice(from).replace(OPTIONS, spaces)
      : undefined;
    return {
      effects,
      ...(python !== undefined && { python: python.trimStart() && leftAligned(python, sign) }),
    };
  }
  return { effects };
}

/** At the start of a chunk. */
const MAGIC = /^(?<before>\s*)(?<sign>!!?|%%?)\s*(?<name>[\w.]*)(?<rest>[^\n]*)/g;

/** In a block, or on the right of an assignment. */
const MAGIC_INSIDE =
  /^(?<before>[ \t]*(?:[\w.,][\w., ]*=[ \t]*)?)(?<sign>!!?|%)(?<name>[\w.]*)(?<rest>[^\n]*)/gm;

/** Where a `!` or `%` is no magic: in a string, or between two operands that stand on two lines. */
const NO_MAGIC = new Set(['String', 'FormatString', 'ContinuedString', 'Comment', 'ArithOp']);

/** Magics that run the Python code after them. */
const TIMERS = new Set('time timeit prun capture memit mprun lprun'.split(' '));

/** The options of a magic that runs Python: `-n 5 -r 3`. */
const OPTIONS = /^(\s+-[a-zA-Z]+( *\d+)?)+/;

const MAGICS = new Map<string, readonly [EffectClass, string]>([
  ...each(
    'bash sh script perl ruby python python2 python3 pypy sx system !',
    'process',
    'runs a shell script',
  ),
  ...each('pip conda mamba micromamba uv', 'process', 'installs packages'),
  ...each('writefile file save history hist notebook logstart store macro', 'write', 'writes a file'),
  ...each(
    'run load_ext reload_ext rerun recall load sql cython R js',
    'dynamic',
    'runs code of another kind',
  ),
  ...each('edit debug pdb', 'blocking', 'waits for a person'),
]);

function magicEffect(sign: string, name: string, rest: string): Pick<Effect, 'class' | 'what'> | undefined {
  const [effectClass, what] = MAGICS.get(name) ?? [];
  return effectClass && what
    ? { class: effectClass, what: `${what}: ${sign}${shown(name + rest)}` }
    : undefined;
}

function each(names: string, effectClass: EffectClass, what: string) {
  return names.split(' ').map((name) => [name, [effectClass, what]] as const);
}

function shown(text: string): string {
  const line = text.trim();
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}

/** Python code that stands behind a magic on its line begins a line of its own; in a cell magic the first line is none. */
function leftAligned(python: string, sign: string): string {
  return sign === '%%' ? python.replace(/^[^\n]*/, '') : python.trimStart();
}

function spaces(text: string): string {
  return text.replace(/[^\n]/g, ' ');
}
