import type { Tree } from '@lezer/common';

/** Every named node of a tree with its place, to compare trees by. */
export function nodesOf(tree: Tree): string {
  const nodes: string[] = [];
  tree.iterate({ enter: ({ name, from, to }) => void nodes.push(`${name}(${from},${to})`) });
  return nodes.join(' ');
}
