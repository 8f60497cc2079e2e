import type { Clock, Token } from '@eager/generation';
import { filter, map, type OperatorFunction, pipe } from 'rxjs';
import type { Chunk } from './chunk.js';
import { detect, type Finding } from './detect.js';

/**
 * Turns the tokens of a program into its top-level statements, each as soon as no later token can change it.
 *
 * When the tokens complete, so does the program, and the statement that was open is given out. When they fail,
 * the error is passed on and the open statement is dropped: a program that was cut off must not look finished.
 *
 * ```ts
 * tokens$.pipe(segment()).subscribe((chunk) => console.log(chunk.line, chunk.code));
 * ```
 *
 * @param clock tells when the tokens completed; by default that is when the last of them arrived.
 */
export function segment(clock?: Clock): OperatorFunction<Token, Chunk> {
  return pipe(detect(clock), only('chunk'));
}

/** The chunks of one type of finding. */
export function only(type: Finding['type']): OperatorFunction<Finding, Chunk> {
  return pipe(
    filter((finding) => finding.type === type),
    map(({ chunk }) => chunk),
  );
}
