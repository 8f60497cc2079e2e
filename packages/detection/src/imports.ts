import type { SyntaxNode } from '@lezer/common';

/** One name that an import statement binds. */
export interface Import {
  /** What is imported: `os.path` for `import os.path` as for `from os import path`; `os.*` for a star. */
  readonly path: string;
  /** The name that it gets: `os` for `import os.path`; `*` for a star. */
  readonly name: string;
  /** What that name then stands for: `os` for `import os.path`, and `os.path` for `import os.path as p`. */
  readonly bound: string;
}

/**
 * What Lezer's ImportStatement imports. Its children are flat: `from`, a dotted name, `import`, and then names, commas,
 * brackets and `as` side by side.
 */
export function importsOf(statement: SyntaxNode, code: string): Import[] {
  const words: string[] = [];
  for (let child = statement.firstChild; child; child = child.nextSibling) {
    if (!IGNORED.has(child.name)) words.push(code.slice(child.from, child.to).normalize('NFKC'));
  }
  const [head = [], names = []] = split(words, 'import');
  const from = head.slice(1).join('');
  return split(names, ',').flatMap((name) => {
    const [dotted = [], [alias] = []] = split(name, 'as');
    const path = dotted.join('');
    if (path === '') return [];
    if (from) return [{ path: `${from}.${path}`, name: alias ?? path, bound: `${from}.${path}` }];
    const top = path.replace(/\..*/, '');
    return [{ path, name: alias ?? top, bound: alias ? path : top }];
  });
}

const IGNORED = new Set(['(', ')', 'Comment', '⚠']);

function split(words: readonly string[], separator: string): string[][] {
  const parts: string[][] = [[]];
  for (const word of words) {
    if (word === separator) parts.push([]);
    else parts.at(-1)?.push(word);
  }
  return parts;
}
