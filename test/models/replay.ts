import { readFileSync } from 'node:fs';
import type { Reply } from './model-server.js';

/** The bodies of recorded responses in `sse/`, by file name without extension. */
export function recordedBody(name: string): string {
  return readFileSync(new URL(`sse/${name}.sse`, import.meta.url), 'utf8');
}

/** A reply with a recorded body, its bytes cut into pieces of the given lengths, which repeat. */
export function replaying(body: string, lengths: readonly number[]): Reply {
  return {
    steps: cutBytes(new TextEncoder().encode(body), lengths).flatMap((bytes) => [bytes, { waitMs: 0 }]),
  };
}

/** Pieces of the given lengths, which repeat; at least one must be greater than 0. */
export function cutBytes(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let from = 0, index = 0; from < bytes.length; index++) {
    const to = from + (lengths[index % lengths.length] ?? bytes.length);
    pieces.push(bytes.subarray(from, to));
    from = to;
  }
  return pieces;
}
