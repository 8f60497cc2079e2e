/** A piece of HTML or SVG. Text becomes markup only through {@link text}, so nothing has to be escaped twice. */
export interface Markup {
  readonly html: string;
}

type Attributes = Readonly<Record<string, string | number | undefined>>;
type Child = Markup | string | number;

/** An element. Strings and numbers among its children are text; attributes that are undefined are left out. */
export function element(name: string, attributes: Attributes = {}, ...children: readonly Child[]): Markup {
  const written = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : ` ${key}="${escaped(typeof value === 'number' ? shortened(value) : value)}"`,
  );
  const start = `<${name}${written.join('')}`;
  if (VOID.has(name)) return { html: `${start}>` };
  return { html: `${start}>${all(...children).html}</${name}>` };
}

/** Several pieces, one after the other. */
export function all(...children: readonly Child[]): Markup {
  return {
    html: children.map((child) => (typeof child === 'object' ? child.html : escaped(String(child)))).join(''),
  };
}

const VOID: ReadonlySet<string> = new Set(['meta', 'br']);

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escaped(value: string): string {
  return value.replaceAll(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
}

/** A hundredth of a pixel is more than one can see. */
function shortened(value: number): string {
  return Number(value.toFixed(2)).toString();
}
