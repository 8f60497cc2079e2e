import { Segmenter } from '@eager/detection';
import type { Token } from '@eager/generation';
import {
  concat,
  concatMap,
  defer,
  type MonoTypeOperatorFunction,
  map,
  type OperatorFunction,
  take,
} from 'rxjs';

/** How the beginning of a program compares with the statements that have run. */
export interface Comparison {
  /** Whether the program begins with all of them. */
  readonly isSame: boolean;
  /** How many of them it begins with. */
  readonly statements: number;
  /** Where they end in the program, in UTF-16 code units. */
  readonly to: number;
  /** How many lines that is. */
  readonly lines: number;
  /** The line of the first statement that is another; of the last one when there is none. */
  readonly line: number;
}

/**
 * Compares a program with the statements that have run while it is being written, statement by statement. What counts
 * is the text of each, but not the comments between them.
 */
class PrefixComparison {
  readonly #expected: readonly string[];
  readonly #segmenter = new Segmenter();
  #statements = 0;
  #to = 0;
  #lines = 0;

  /** @param expected the code of the statements */
  constructor(expected: readonly string[]) {
    this.#expected = expected.map(normalised);
  }

  /** Reads the next piece of the program; the comparison, once the rest cannot change it. */
  feed({ text, atMs }: Token): Comparison | undefined {
    return this.#compare(this.#segmenter.feed(text, atMs));
  }

  /** The program is complete. */
  end(): Comparison {
    return this.#compare(this.#segmenter.end(0)) ?? this.#result(false, 1);
  }

  #compare(chunks: ReturnType<Segmenter['feed']>): Comparison | undefined {
    for (const { code, to, line } of chunks) {
      if (normalised(code) !== this.#expected[this.#statements]) return this.#result(false, line);
      this.#statements++;
      this.#to = to;
      this.#lines = line - 1 + lineBreaks(code);
      if (this.#statements === this.#expected.length) return this.#result(true, line);
    }
    return undefined;
  }

  #result(isSame: boolean, line: number): Comparison {
    return { isSame, statements: this.#statements, to: this.#to, lines: this.#lines, line };
  }
}

/** Gives the comparison with the statements that have run, as soon as it is certain, and completes. */
export function comparedWith(expected: readonly string[]): OperatorFunction<Token, Comparison> {
  return (tokens$) =>
    defer(() => {
      const comparison = new PrefixComparison(expected);
      return concat(
        tokens$.pipe(concatMap((token) => [comparison.feed(token) ?? []].flat())),
        defer(() => [comparison.end()]),
      ).pipe(take(1));
    });
}

/**
 * Turns the first `to` characters of a program into comments, line by line, so that they do not run and all lines keep
 * their numbers.
 */
export function commentedOut(to: number): MonoTypeOperatorFunction<Token> {
  return (tokens$) =>
    defer(() => {
      let left = to;
      let last = '\n';
      return tokens$.pipe(
        map((token) => {
          if (left <= 0) return token;
          let text = '';
          for (const character of token.text.slice(0, left)) {
            // The two characters of a line break belong together.
            const startsLine = last === '\n' || (last === '\r' && character !== '\n');
            text += startsLine && !/[\r\n]/.test(character) ? `# ${character}` : character;
            last = character;
          }
          text += token.text.slice(left);
          left -= token.text.length;
          return { ...token, text };
        }),
      );
    });
}

function lineBreaks(code: string): number {
  return code.match(/\r\n?|\n/g)?.length ?? 0;
}

function normalised(code: string): string {
  return code.replace(/\r\n?/g, '\n').trimEnd();
}
