import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { Segmenter } from '@eager/detection';
import { tokensOf } from '../pace.js';
import { median, quantile } from '../statistics.js';
import type { Program } from '../workloads/index.js';
import { digits, type MicroTable } from './table.js';

const SCRIPT = fileURLToPath(new URL('../../python/closed_statements.py', import.meta.url));

/** What a detector made of one program, token by token. */
interface Detection {
  readonly timesUs: readonly number[];
  /** Statements by their last line, each with the token after which it was found. */
  readonly found: readonly (readonly [lastLine: number, token: number])[];
}

/** What closed_statements.py prints. */
interface HarnessAnswer {
  readonly version: string;
  /** `statements`: the last lines of all that there are, as CPython sees them. */
  readonly programs: readonly (Detection & { readonly statements: readonly number[] })[];
}

/**
 * Our detection beside `closed_statements` of pydantic-ai-harness, on the same tokens: what a token costs, how soon
 * statements are found, and how many are found where none ends.
 *
 * @param python an interpreter that has pydantic-ai-harness
 */
export async function closedStatements(python: string, programs: readonly Program[]): Promise<MicroTable> {
  const tokens = programs.map((program) => tokensOf(program.text));
  const harness = await askHarness(python, tokens);
  const ours = tokens.map(segmented);
  const row = (name: string, detections: readonly Detection[]) => {
    const timesUs = detections.flatMap((detection) => detection.timesUs);
    const judged = detections.map((detection, index) =>
      judge(detection.found, harness.programs[index]?.statements ?? [], tokens[index] ?? []),
    );
    const late = judged.flatMap(({ lateTokens }) => lateTokens);
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    return [
      name,
      digits(median(timesUs)),
      digits(quantile(timesUs, 0.99)),
      digits(median(late)),
      digits(quantile(late, 0.95)),
      `${late.length} of ${sum(judged.map(({ statements }) => statements))}`,
      sum(judged.map(({ wrong }) => wrong)),
    ];
  };
  return {
    title: 'Finding statements: beside pydantic-ai-harness',
    about:
      `Our Segmenter and closed_statements of pydantic-ai-harness ${harness.version}, fed the same ${programs.length} programs ` +
      'token by token; the harness as its eager mode feeds it, that is, only with the lines after the last closed statement. ' +
      'Late: tokens from the last of a statement to when it is found, before the program’s end. Wrong: found where no statement ' +
      'ends. The harness is Python, ours is JavaScript: each is what its users pay.',
    headings: ['detector', 'µs a token', 'p99', 'tokens late', 'p95', 'found before the end', 'wrong'],
    rows: [row('Segmenter', ours), row('closed_statements', harness.programs)],
  };
}

function segmented(tokens: readonly string[]): Detection {
  const segmenter = new Segmenter();
  const found: (readonly [number, number])[] = [];
  const timesUs = tokens.map((token, index) => {
    const startMs = performance.now();
    const chunks = segmenter.feed(token, 0);
    const us = (performance.now() - startMs) * 1000;
    for (const { line, code } of chunks) found.push([line + code.trimEnd().split('\n').length - 1, index]);
    return us;
  });
  return { timesUs, found };
}

function judge(found: Detection['found'], statements: readonly number[], tokens: readonly string[]) {
  const lastTokens = lastTokenOfLines(tokens);
  const ends = new Set(statements);
  const right = found.filter(([line]) => ends.has(line));
  return {
    statements: statements.length,
    wrong: found.length - right.length,
    lateTokens: right.map(([line, token]) => token - (lastTokens[line - 1] ?? token)),
  };
}

/** For each line the token that holds its last character before the line break. */
function lastTokenOfLines(tokens: readonly string[]): number[] {
  const last: number[] = [];
  let line = 0;
  for (const [index, token] of tokens.entries()) {
    const [first = '', ...others] = token.split('\n');
    if (first !== '' || last[line] === undefined) last[line] = index;
    for (const _ of others) last[++line] = index;
  }
  return last;
}

async function askHarness(python: string, programs: readonly (readonly string[])[]): Promise<HarnessAnswer> {
  const harness = spawn(python, [SCRIPT], { stdio: ['pipe', 'pipe', 'inherit'] });
  harness.stdin.on('error', () => {}); // It ended early: its exit code says so.
  harness.stdin.end(JSON.stringify(programs));
  const [answer, [exitCode]] = await Promise.all([text(harness.stdout), once(harness, 'exit')]);
  if (exitCode !== 0) throw new Error(`closed_statements.py ended with exit code ${exitCode}; see above.`);
  return JSON.parse(answer);
}
