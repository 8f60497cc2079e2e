import type { Chunk } from '@eager/detection';
import type { ProgramFailure, RanStatement } from './failure.js';

/**
 * What a statement that failed may have changed in the state of the program before it failed, for people; undefined when
 * it certainly has changed nothing that a second run would notice.
 *
 * The rule is a careful one. A statement leaves nothing if it is a single simple one, or a definition, has shown nothing,
 * reaches nothing outside, and calls neither a function of the program nor a method that changes its object: names
 * are bound only after all else has succeeded. Of a block, part may have run.
 */
export function tracesOf(
  { kind, code, tree }: Chunk,
  { error, hasOutput, hasEffects, ran }: FailedStatement,
): string | undefined {
  if (hasOutput) return 'it has shown something';
  if (hasEffects) return 'it reaches outside of the program';
  if (kind === 'magic') return 'it is a command of IPython';
  if (kind === 'compound' && !DEFINITION.test(code)) return 'part of the block may have run';
  const own = namesDefinedBy(ran);
  const missing = missingName(error);
  let found: string | undefined;
  tree.iterate({
    enter(node) {
      if (found !== undefined || (kind === 'compound' && node.name === 'Body')) return false;
      if (node.name === ';') found = 'it is several statements on one line';
      if (node.name !== 'CallExpression') return true;
      const callee = node.node.firstChild;
      const path = callee ? code.slice(callee.from, callee.to) : '';
      const name = /\w+$/.exec(path)?.[0] ?? '';
      if (name === missing) return true;
      if (CHANGING.has(name)) found = `${name}() may have changed something`;
      else if (own.has(name)) found = `${name}() is a function of the program, part of which may have run`;
      return found === undefined;
    },
  });
  return found ?? (/\binplace\s*=\s*True\b/.test(code) ? 'it changes an object in place' : undefined);
}

interface FailedStatement {
  readonly error: Pick<ProgramFailure, 'ename' | 'evalue'>;
  readonly hasOutput: boolean;
  readonly hasEffects: boolean;
  /** What ran before it. */
  readonly ran: readonly RanStatement[];
}

/** What is not there was not called. */
function missingName({ ename, evalue }: FailedStatement['error']): string | undefined {
  return ename === 'AttributeError' ? /no attribute '(\w+)'/.exec(evalue)?.[1] : undefined;
}

const DEFINITION = /^(?:@.*\n|\s|#.*\n)*(?:async\s+)?(?:def|class)\b/;

/** Functions and methods after which an object is another, whatever fails later in the statement. */
const CHANGING: ReadonlySet<string> = new Set([
  ...['append', 'extend', 'insert', 'pop', 'popitem', 'popleft', 'appendleft', 'remove', 'discard', 'add'],
  ...[
    'clear',
    'update',
    'setdefault',
    'sort',
    'reverse',
    'shuffle',
    'seed',
    'next',
    'send',
    'read',
    'readline',
  ],
  ...[
    'setattr',
    'delattr',
    'exec',
    'eval',
    'input',
    'put',
    'get_nowait',
    'fill',
    'write',
    'execute',
    'commit',
  ],
]);

function namesDefinedBy(ran: readonly RanStatement[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { code } of ran) {
    for (const [, name = ''] of code.matchAll(/^\s*(?:async\s+)?(?:def|class)\s+(\w+)/gm)) names.add(name);
    for (const [, name = ''] of code.matchAll(/\b(\w+)\s*=\s*lambda\b/g)) names.add(name);
  }
  return names;
}
