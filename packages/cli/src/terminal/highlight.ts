import type { Tree } from '@lezer/common';
import { highlightTree, tagHighlighter, tags } from '@lezer/highlight';
import type { Theme } from './theme.js';

type Style = 'keyword' | 'string' | 'number' | 'comment' | 'definition';

/** Few colours, for what structures a program: names and operators stay as they are. */
const highlighter = tagHighlighter([
  { tag: tags.keyword, class: 'keyword' },
  { tag: [tags.string, tags.special(tags.string)], class: 'string' },
  { tag: [tags.number, tags.bool, tags.null], class: 'number' },
  { tag: tags.comment, class: 'comment' },
  {
    tag: [tags.function(tags.definition(tags.variableName)), tags.definition(tags.className)],
    class: 'definition',
  },
] satisfies { tag: unknown; class: Style }[]);

/** The lines of a statement in the colours of the theme. No colour crosses the end of a line. */
export function highlight(code: string, tree: Tree, theme: Theme): string[] {
  if (!theme.colour) return code.split(LINE_END);
  let text = '';
  let at = 0;
  highlightTree(tree, highlighter, (from, to, style) => {
    const paint = theme[style as Style];
    text += code.slice(at, from) + code.slice(from, to).replace(LINE, (line) => paint(line));
    at = to;
  });
  return (text + code.slice(at)).split(LINE_END);
}

const LINE = /[^\r\n]+/g;
const LINE_END = /\r\n?|\n/;
