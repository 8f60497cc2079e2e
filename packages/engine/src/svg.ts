/** Attributes of an SVG element; numbers are written with two decimals at most. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** An element as markup. `children` is markup too; text must have gone through {@link escapeXml}. */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const pairs = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : ` ${key}="${typeof value === 'number' ? round(value) : escapeXml(value)}"`,
  );
  const open = `<${name}${pairs.join('')}`;
  return children.length === 0 ? `${open}/>` : `${open}>${children.join('')}</${name}>`;
}

/** A line of text. */
export function text(
  x: number,
  y: number,
  className: string,
  content: string,
  more: Attributes = {},
): string {
  return element('text', { x, y, class: className, ...more }, escapeXml(content));
}

/** The text that a pointing reader sees. */
export function tooltip(content: string): string {
  return element('title', {}, escapeXml(content));
}

/** A coordinate with one decimal: finer than a screen shows, and short. */
export function round(coordinate: number): string {
  return String(Math.round(coordinate * 10) / 10);
}

/**
 * `content` as XML character data or attribute value. What XML 1.0 cannot hold at all (control characters,
 * lone surrogates, U+FFFE, U+FFFF) becomes U+FFFD.
 *
 * @see https://www.w3.org/TR/xml/#charsets
 */
export function escapeXml(content: string): string {
  return content
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** `content` cut to `maxColumns` of a monospaced font, with an ellipsis where something is missing. */
export function truncate(content: string, maxColumns: number): string {
  if (columns(content) <= maxColumns) return content;
  let kept = '';
  let width = 1;
  for (const character of content) {
    width += columns(character);
    if (width > maxColumns) break;
    kept += character;
  }
  return `${kept}…`;
}

/** Characters of East Asian scripts, and emoji, take two columns; close enough for a label. */
function columns(content: string): number {
  let count = 0;
  for (const character of content) count += (character.codePointAt(0) ?? 0) > 0x2e7f ? 2 : 1;
  return count;
}
