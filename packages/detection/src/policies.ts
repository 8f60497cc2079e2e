import type { Chunk } from './chunk.js';
import { importsOf } from './imports.js';
import {
  deny as denied,
  type Effect,
  type EffectClass,
  hold as held,
  messageOf,
  type Permission,
  type Policy,
  type Verdict,
  verdictOf,
} from './policy.js';
import { Source } from './source.js';

/** Runs everything at once. No hook is installed. */
export function off(): Policy {
  return { name: 'off', judge: () => RUN };
}

/**
 * The default: an effect on the world waits until generation has ended, and what is harmless does not. The hook at run
 * time holds an effect at the moment when it is about to happen, so a statement is held only for what the hook cannot
 * see: work that native code does, processes that are spawned past it, foreign functions, timers.
 *
 * Reading, sleeping and asking a person run at once: they change nothing outside, and the wait is over sooner.
 */
export function effects(): Policy {
  return {
    name: 'effects',
    judge: (_, found) => heldAt(found.find(isUnseen)),
    permit: (effect) => (isOutward(effect) ? 'hold' : 'allow'),
  };
}

export interface AskOptions {
  /** How long an answer may take, in milliseconds; 60 seconds by default. */
  readonly timeoutMs?: number;
}

/**
 * Asks before each effect on the world, at the moment when it is about to happen, and before a statement with an effect
 * that the hook cannot see. The program waits for the answer. No answer in time is a no, and so is a failure.
 *
 * @param callback shows the effect to somebody, and returns what they say.
 */
export function ask(
  callback: (effect: Effect) => Permission | Promise<Permission>,
  { timeoutMs = 60_000 }: AskOptions = {},
): Policy {
  const answer = async (effect: Effect) => answered(callback, effect, timeoutMs);
  return {
    name: 'ask',
    async permit(effect) {
      return isOutward(effect) ? answer(effect) : 'allow';
    },
    judge(_, found) {
      const unseen = found.filter(isUnseen);
      return unseen.length === 0 ? RUN : strictest(unseen, answer);
    },
  };
}

/** Forbids effects on the world. Timers, which have none, are held. */
export function deny(): Policy {
  return {
    name: 'deny',
    judge(_, found) {
      const unseen = found.filter(isUnseen);
      const outward = unseen.find(({ class: effectClass }) => effectClass !== 'timing');
      return outward ? denied(outward) : heldAt(unseen[0]);
    },
    permit: (effect) => (isOutward(effect) ? 'deny' : 'allow'),
  };
}

export interface PaperOptions {
  /** More modules from whose import on nothing runs ahead: `paramiko`, `myproject.deploy`. */
  readonly modules?: readonly string[];
}

/**
 * The gate of the paper that describes this kind of execution ("Executing as You Generate: Hiding Execution Latency in LLM
 * Code Generation", arXiv:2604.00491), as far as its rules are known to us: definitions of functions and classes are
 * deferred and merged with the statement that follows them, and from the import of a listed module on, execution is
 * serial. It knows only names of modules: `os.path.join` holds the program, a `to_csv` does not. No hook is installed.
 *
 * What is public of the paper (its abstract and summaries) says that batching is gated, and not which modules its table
 * lists. {@link PAPER_MODULES} is our reading: the modules of the standard library, and `requests`, that reach outside
 * of the program or depend on time. Whoever has the table at hand can complete it by `modules`.
 */
export function paper({ modules = [] }: PaperOptions = {}): Policy {
  const listed = new Map<string, EffectClass>([
    ...PAPER_MODULES,
    ...modules.map((module) => [module, 'dynamic'] as const),
  ]);
  return {
    name: 'paper',
    judge(chunk) {
      const effect = importOf(chunk, listed);
      if (effect) return held(effect);
      return isDefinition(chunk) ? { kind: 'join' } : RUN;
    },
  };
}

/** What the paper's gate holds for, and what these modules do. Our reading: see {@link paper}. */
export const PAPER_MODULES: ReadonlyMap<string, EffectClass> = new Map<string, EffectClass>([
  ['os', 'write'],
  ['sys', 'process'],
  ['shutil', 'write'],
  ['tempfile', 'write'],
  ['subprocess', 'process'],
  ['multiprocessing', 'process'],
  ['socket', 'network'],
  ['ssl', 'network'],
  ['http', 'network'],
  ['urllib', 'network'],
  ['ftplib', 'network'],
  ['smtplib', 'network'],
  ['requests', 'network'],
  ['threading', 'timing'],
  ['concurrent', 'timing'],
  ['asyncio', 'timing'],
  ['signal', 'timing'],
  ['sched', 'timing'],
  ['time', 'timing'],
]);

const RUN: Verdict = { kind: 'run' };

const OUTWARD: ReadonlySet<EffectClass> = new Set(['write', 'process', 'network'] as const);

/** Changes something outside of the program, or tells somebody of it. */
function isOutward({ class: effectClass }: Effect): boolean {
  return OUTWARD.has(effectClass);
}

/** Must not come early, and the hook does not see it come. */
function isUnseen({ class: effectClass, unaudited }: Effect): boolean {
  return unaudited === true && effectClass !== 'read' && effectClass !== 'blocking';
}

function heldAt(effect: Effect | undefined): Verdict {
  return effect ? held(effect) : RUN;
}

/** Asks about one effect after the other, until one is denied. */
async function strictest(
  found: readonly Effect[],
  answer: (effect: Effect) => Promise<Permission>,
): Promise<Verdict> {
  let verdict = RUN;
  for (const effect of found) {
    const next = await answer(effect).then(
      (permission) => verdictOf(permission, effect),
      (error) => denied(effect, messageOf(error)),
    );
    if (next.kind === 'deny') return next;
    if (verdict.kind === 'run') verdict = next;
  }
  return verdict;
}

/** The answer of the callback; an error that says why there is none. */
async function answered(
  callback: (effect: Effect) => Permission | Promise<Permission>,
  effect: Effect,
  timeoutMs: number,
): Promise<Permission> {
  const answer = (async () => callback(effect))().catch((error) => {
    throw new Error(`asking failed: ${messageOf(error)}`, { cause: error });
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nobody answered within ${timeoutMs / 1000} s`)), timeoutMs);
  });
  try {
    return await Promise.race([answer, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

function isDefinition({ tree }: Chunk): boolean {
  const { firstChild: statement, lastChild } = tree.topNode;
  if (statement === null || statement.nextSibling !== null || lastChild === null) return false;
  const definition = statement.name === 'DecoratedStatement' ? statement.lastChild : statement;
  return definition?.name === 'FunctionDefinition' || definition?.name === 'ClassDefinition';
}

/** The first import of a listed module in the chunk, wherever it stands. */
function importOf({ tree, code, line }: Chunk, listed: ReadonlyMap<string, EffectClass>): Effect | undefined {
  if (!code.includes('import')) return undefined;
  let effect: Effect | undefined;
  tree.iterate({
    enter(node) {
      if (effect || node.name !== 'ImportStatement') return !effect;
      for (const { path } of importsOf(node.node, code)) {
        const effectClass = listedAs(path, listed);
        if (!effectClass) continue;
        effect = {
          class: effectClass,
          what: `imports ${path}`,
          line: new Source(code, line).lineAt(node.from),
        };
        break;
      }
      return false;
    },
  });
  return effect;
}

/** By the module itself or a package that it is in. */
function listedAs(module: string, listed: ReadonlyMap<string, EffectClass>): EffectClass | undefined {
  for (let name = module; ; name = name.slice(0, name.lastIndexOf('.'))) {
    const effectClass = listed.get(name);
    if (effectClass || !name.includes('.')) return effectClass;
  }
}
