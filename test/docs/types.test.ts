import { rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterAll, expect, it } from 'vitest';
import { examplesOf, pageAt } from './examples.js';

const pages = ['packages/engine/EMBEDDING.md', 'packages/engine/EVENTS.md'];
const modules = pages.flatMap((page) =>
  examplesOf(pageAt(page)).map(({ code, title }, index) => {
    const file = fileURLToPath(
      new URL(`./.example-type-${index}-${page.replaceAll('/', '-')}.ts`, import.meta.url),
    );
    return { file, code, name: `${page}: ${title}` };
  }),
);
afterAll(() => {
  for (const { file } of modules) rmSync(file, { force: true });
});

it('accepts the examples of the pages as strict TypeScript', { timeout: 120_000 }, () => {
  for (const { file, code } of modules) writeFileSync(file, code);
  const config = fileURLToPath(new URL('../tsconfig.json', import.meta.url));
  const parsed = ts.getParsedCommandLineOfConfigFile(
    config,
    {},
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: fail },
  );
  const program = ts.createProgram(
    modules.map(({ file }) => file),
    parsed?.options ?? fail('no options'),
  );
  for (const { file, name } of modules) {
    const source = program.getSourceFile(file);
    const objections = [
      ...program.getSyntacticDiagnostics(source),
      ...program.getSemanticDiagnostics(source),
    ];
    expect(
      objections.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n')),
      name,
    ).toEqual([]);
  }
});

function fail(problem: unknown): never {
  throw new Error(`test/tsconfig.json cannot be read: ${JSON.stringify(problem)}`);
}
