/**
 * The cookies of one server: the part of RFC 6265 that a client needs which talks to a single base URL and takes every
 * cookie that it is given as meant for that.
 */
export class Cookies {
  readonly #values = new Map<string, string>();

  /** Takes what the `Set-Cookie` headers of a response say. */
  take(setCookie: readonly string[] = []): void {
    for (const line of setCookie) {
      const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
      const equals = pair.indexOf('=');
      if (equals <= 0) continue;
      const name = pair.slice(0, equals);
      if (isExpired(attributes)) this.#values.delete(name);
      else this.#values.set(name, pair.slice(equals + 1));
    }
  }

  get(name: string): string | undefined {
    return this.#values.get(name);
  }

  /** The value of the `Cookie` header; undefined when there is nothing to send. */
  get header(): string | undefined {
    if (this.#values.size === 0) return undefined;
    return [...this.#values].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  get secrets(): string[] {
    return [...this.#values.values()];
  }

  clear(): void {
    this.#values.clear();
  }
}

/** A server takes a cookie back by a lifetime that is over. */
function isExpired(attributes: readonly string[]): boolean {
  return attributes.some((attribute) => {
    const [name = '', value = ''] = attribute.split('=');
    if (/^max-age$/i.test(name)) return Number(value) <= 0;
    return /^expires$/i.test(name) && Date.parse(value) <= Date.now();
  });
}
