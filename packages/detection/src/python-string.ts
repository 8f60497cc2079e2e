/** The text of a string literal that is no f-string; undefined for bytes. */
export function stringText(literal: string): string | undefined {
  const [, prefix = '', , text = ''] = /^([a-z]*)("""|'''|"|')([\s\S]*)\2$/i.exec(literal) ?? [];
  if (/b/i.test(prefix)) return undefined;
  return /r/i.test(prefix) || !text.includes('\\') ? text : text.replace(ESCAPE, unescaped);
}

const ESCAPE = /\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|([0-7]{1,3})|(\r\n|[\s\S]))/gi;

const ESCAPED = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
  ['\n', ''],
]);

function unescaped(_: string, x?: string, u?: string, long?: string, octal?: string, other = ''): string {
  const hexadecimal = x ?? u ?? long;
  const point = hexadecimal
    ? Number.parseInt(hexadecimal, 16)
    : octal
      ? Number.parseInt(octal, 8)
      : undefined;
  if (point === undefined) return ESCAPED.get(other) ?? other;
  return point <= 0x10ffff ? String.fromCodePoint(point) : '';
}
