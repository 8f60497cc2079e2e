/**
 * Chunk boundaries against CPython's `ast`, on the Python files that are installed here. By default on an evenly
 * spaced sample; on every file with
 *
 *     EAGER_CORPUS=full npx vitest run --config test/vitest.config.ts packages/detection/src/corpus.test.ts
 *
 * EAGER_PYTHON names the Python whose grammar and libraries are used; by default `python3`.
 */
import { parser } from '@lezer/python';
import { decode, encode } from 'gpt-tokenizer';
import { describe, expect, it } from 'vitest';
import { listCorpora, type ParsedFile, parseFiles } from '../python/cpython.js';
import type { Chunk } from './chunk.js';
import { Segmenter } from './segmenter.js';
import { nodesOf } from './syntax.fixture.js';

const FULL = process.env.EAGER_CORPUS === 'full';
const SAMPLE_FILES = 40;
const corpora = await listCorpora();

it('finds the standard library', () => {
  expect(corpora.get('stdlib')?.length).toBeGreaterThan(500);
});

describe.each([...corpora])('%s', (name, all) => {
  const paths = FULL ? all : sample(all, SAMPLE_FILES);

  it('is cut as CPython cuts it, whole, by 1 to 8 characters, and by single characters', {
    timeout: FULL ? 3_600_000 : 120_000,
  }, async () => {
    const different: string[] = [];
    let [index, parsed, characters, statements] = [0, 0, 0, 0];
    for await (const file of parseFiles(paths)) {
      const path = paths[index++] ?? '';
      if (!file) continue;
      parsed++;
      characters += file.program.length;
      statements += file.statements.length;
      const expected = JSON.stringify(file.statements);
      for (const [feeding, pieces] of feedings(file.program, index)) {
        const chunks = segmented(pieces);
        if (JSON.stringify(chunks.map(({ from, to }) => [from, to])) !== expected) {
          different.push(`${path} (${feeding}) ${firstDifference(chunks, file)}`);
        }
        if (programOf(chunks, file.program) !== file.program)
          different.push(`${path} (${feeding}) lost text`);
      }
    }
    console.log(
      `${name}: ${parsed} of ${all.length} files, ${statements} statements, ${characters} characters`,
    );
    expect(different).toEqual([]);
    expect(parsed).toBeGreaterThan(0);
  });
});

describe('all corpora together', () => {
  const paths = [...corpora.values()].flatMap((all) => sample(all, 50));

  it('are cut at most 1.7 tokens after a statement, on average', async () => {
    const late: number[] = [];
    for await (const file of parseFiles(paths)) {
      const tokens = encode(file?.program ?? '').map((token) => decode([token]));
      if (tokens.join('') !== file?.program) continue;
      // The time is the number of the token, so a chunk's delay is in tokens.
      for (const { closedBy, arrivedAtMs, atMs } of segmented(tokens)) {
        if (closedBy !== 'end') late.push(atMs - arrivedAtMs);
      }
    }
    late.sort((a, b) => a - b);
    const mean = late.reduce((sum, tokens) => sum + tokens, 0) / late.length;
    const median = late[late.length >> 1];
    console.log(`${late.length} statements, tokens late: mean ${mean.toFixed(2)}, median ${median}`);
    expect(late.length).toBeGreaterThan(500);
    expect(median).toBe(1);
    // Comments after a block must be waited for; the standard library alone has more of them (2.2).
    expect(mean).toBeLessThanOrEqual(corpora.size > 1 ? 1.7 : 2.5);
  });

  it('have the syntax trees of the complete chunks', async () => {
    let count = 0;
    for await (const file of parseFiles(paths)) {
      for (const { code, tree } of segmented(randomPieces(file?.program ?? '', 8, 1))) {
        expect(nodesOf(tree)).toBe(nodesOf(parser.parse(code)));
        count++;
      }
    }
    expect(count).toBeGreaterThan(500);
  });
});

function sample<T>(all: readonly T[], count: number): readonly T[] {
  const step = Math.max(1, all.length / count);
  return all.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step));
}

function feedings(program: string, seed: number): [string, Iterable<string>][] {
  return [
    ['whole', [program]],
    ['1 to 8 characters', randomPieces(program, 8, seed)],
    ['single characters', program.split('')],
  ];
}

function* randomPieces(program: string, longest: number, seed: number): Iterable<string> {
  let state = seed;
  for (let from = 0; from < program.length; ) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    const length = 1 + ((state >> 16) % longest);
    yield program.slice(from, from + length);
    from += length;
  }
}

function segmented(pieces: Iterable<string>): Chunk[] {
  const segmenter = new Segmenter();
  const chunks: Chunk[] = [];
  let index = 0;
  for (const piece of pieces) chunks.push(...segmenter.feed(piece, index++));
  chunks.push(...segmenter.end(index));
  return chunks;
}

function programOf(chunks: readonly Chunk[], program: string): string {
  return chunks.map(({ leading, code }) => leading + code).join('') + program.slice(chunks.at(-1)?.to ?? 0);
}

function firstDifference(chunks: readonly Chunk[], { program, statements }: ParsedFile): string {
  const index = statements.findIndex(([from, to], i) => chunks[i]?.from !== from || chunks[i]?.to !== to);
  const [from, to] = statements[index] ?? [0, 0];
  return `expected ${JSON.stringify(program.slice(from, to))}, got ${JSON.stringify(chunks.at(index)?.code)}`;
}
