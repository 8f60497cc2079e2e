import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { vi } from 'vitest';
import { python } from '../python.js';

/** A module of a page, and what stands below it as its output. */
export interface Example {
  /** The heading above it. */
  readonly title: string;
  readonly code: string;
  /** Lines; `…` stands for any text. */
  readonly output: readonly string[];
}

/** The text of a page of the documentation. */
export function pageAt(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}

/** The examples of a page, in order. */
export function examplesOf(page: string): Example[] {
  const sections = page.split(/^##+ /m);
  return sections.flatMap((section) => {
    const [title = ''] = section.split('\n', 1);
    return [...section.matchAll(/```ts\n([\s\S]*?)```\n\n```text\n([\s\S]*?)```/g)].map(
      ([, code = '', output = '']) => ({ title, code, output: linesOf(output) }),
    );
  });
}

/** Runs an example with the Python of the tests, and returns the lines that it has logged. */
export async function runExample({ title, code }: Example): Promise<string[]> {
  const module = new URL(`./.example-${title.toLowerCase().replaceAll(/\W+/g, '-')}.ts`, import.meta.url);
  const logged: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((...values: unknown[]) => {
    logged.push(
      ...linesOf(values.map((each) => (typeof each === 'string' ? each : inspect(each))).join(' ')),
    );
  });
  writeFileSync(module, code.replaceAll("'python3'", JSON.stringify(python)));
  try {
    await import(module.href);
  } finally {
    log.mockRestore();
    rmSync(module, { force: true });
  }
  return logged;
}

/** Lines of an output, each with `…` where the text of the page has it. */
export function asTold(found: readonly string[], told: readonly string[]): string[] {
  return found.map((line, index) => {
    const expected = told[index] ?? '';
    const pattern = expected.split('…').map((part) => part.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&'));
    return new RegExp(`^${pattern.join('.+')}$`).test(line) ? expected : line;
  });
}

function linesOf(text: string): string[] {
  return text.replace(/\n$/, '').split('\n');
}
