import { CodeFenceReader } from '@eager/generation';

/** What to tell a user of a markdown answer that is more than one program, or none. */
export function remarksOn(answer: string, hasRun: boolean): string[] {
  const { blocks, languages } = blocksOf(answer);
  const others = languages.join(' and ');
  if (hasRun) {
    return [
      ...(blocks > 1
        ? [`the answer has ${blocks} blocks of Python; they ran as one program, in their order.`]
        : []),
      ...(others === '' ? [] : [`the answer also has code in ${others}, which was not run.`]),
    ];
  }
  if (others !== '') return [`the answer has code in ${others} and none in Python; nothing was run.`];
  return [`the answer ${answer.trim() === '' ? 'is empty' : 'has no code'}; nothing was run.`];
}

/** How many blocks of Python there are, and which other languages. */
function blocksOf(answer: string): { readonly blocks: number; readonly languages: readonly string[] } {
  const reader = new CodeFenceReader();
  const pieces = [...reader.feed(answer), ...reader.end()];
  const prose = pieces.filter(({ kind }) => kind === 'prose').map(({ text }) => text);
  const fences = prose.join('').matchAll(/^ *(?:```+|~~~+) *([\w+#.-]+)/gm);
  const languages = [...fences].map(([, language = '']) => language.toLowerCase());
  return {
    blocks: (pieces.at(-1)?.block ?? -1) + 1,
    languages: [...new Set(languages)].filter((language) => !NOT_OTHER_CODE.test(language)),
  };
}

const NOT_OTHER_CODE = /^(?:i?py(?:thon)?3?|te?xt|plain(?:text)?|output|md|markdown|csv|json|yaml|toml)$/;
