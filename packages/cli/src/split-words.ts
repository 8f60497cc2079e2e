/**
 * Splits a command into words as a POSIX shell does, without its expansions: spaces separate, quotation marks and
 * backslashes take that meaning away.
 *
 * @returns undefined when a quotation mark has no end.
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_02
 */
export function splitWords(text: string): readonly string[] | undefined {
  // Words are runs of quoted and unquoted pieces.
  const piece = /'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|\\([\s\S])|([^\s'"\\]+)|(\s+)|([\s\S])/gy;
  const words: string[] = [];
  let word: string | undefined;
  for (const [, single, double, escaped, plain, space, broken] of text.matchAll(piece)) {
    if (broken !== undefined) return undefined;
    if (space !== undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      // Between double quotation marks a backslash is one, unless it could be meant for what follows.
      word = (word ?? '') + (single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped ?? plain);
    }
  }
  return word === undefined ? words : [...words, word];
}
