import type { Token } from './token.js';

/** How evenly a model's text arrived. */
export interface StreamQuality {
  /**
   * `smooth`: as it was written, or too little text to judge. `lumpy`: most of it in lumps, with silence before each.
   * `whole`: nearly all of it at once.
   */
  readonly kind: 'smooth' | 'lumpy' | 'whole';
  /** How many lumps there were. */
  readonly lumps: number;
  /** The part of the text that arrived in lumps, from 0 to 1. */
  readonly lumpedShare: number;
  /**
   * The silences before the lumps, in milliseconds: at most so long was text held back that could have run. Before a
   * first lump it contains the time to first token, which cannot be told from it.
   */
  readonly heldMs: number;
}

/**
 * Finds out whether something between the model and here, such as a gateway, collected text and passed it on in
 * lumps. Code that is held back cannot run while the rest is written, so this is where the overlap of an eager run is
 * lost.
 *
 * A lump is text that arrives faster than any model writes, after a silence: at least 480 characters, at 15 or more a
 * millisecond, after 100 ms or more. A model that pauses to think and then writes on makes no lump.
 *
 * @param tokens in order, as they arrived: not after code was taken out of them, for that holds text back too
 */
export function streamQuality(tokens: readonly Token[]): StreamQuality {
  const bursts = splitBursts(tokens);
  const lumps = bursts.filter(({ length, silenceMs }) => length >= LUMP_LENGTH && silenceMs >= SILENCE_MS);
  const share = (length: number) => (length === 0 ? 0 : length / sum(bursts.map((burst) => burst.length)));
  const lumpedShare = share(sum(lumps.map(({ length }) => length)));
  const largestShare = share(Math.max(0, ...lumps.map(({ length }) => length)));
  return {
    kind: largestShare >= WHOLE_SHARE ? 'whole' : lumpedShare >= LUMPY_SHARE ? 'lumpy' : 'smooth',
    lumps: lumps.length,
    lumpedShare,
    heldMs: sum(lumps.map(({ silenceMs }) => silenceMs)),
  };
}

/** What to tell a user of a stream that was not smooth; undefined for one that was. */
export function describeQuality({ kind, lumps, lumpedShare, heldMs }: StreamQuality): string | undefined {
  if (kind === 'smooth') return undefined;
  const percent = `${Math.round(lumpedShare * 100)} %`;
  const how =
    kind === 'whole'
      ? `arrived all at once (${percent} of its text after ${seconds(heldMs)} of silence)`
      : `arrived in lumps (${percent} of its text in ${lumps}, after ${seconds(heldMs)} of silence in all)`;
  return (
    `The answer ${how}: something between the model and here collected it, so code could not run while it was written. ` +
    'The overlap was lost there, not here. Ask the model without that gateway, or, if it holds back only the arguments of ' +
    'tools, for code as text.'
  );
}

/**
 * Characters a millisecond. The fastest services write some 3,000 tokens, 12,000 characters, a second; most a tenth
 * of that.
 */
const FASTEST = 15;

/** Over so short a time a rate says nothing: tokens of any model may share a packet. In milliseconds. */
const PACKET_MS = 20;

/** In characters, about 120 tokens: less is what the fastest services write in a few packets. */
const LUMP_LENGTH = 480;

/** In milliseconds. Shorter silences are jitter, and cost little. */
const SILENCE_MS = 100;

const LUMPY_SHARE = 0.5;
const WHOLE_SHARE = 0.9;

interface Burst {
  readonly startMs: number;
  length: number;
  readonly silenceMs: number;
}

/** Text that arrived faster than it can have been written, with the silence before it. */
function splitBursts(tokens: readonly Token[]): Burst[] {
  const bursts: Burst[] = [];
  let previousMs = 0;
  for (const { text, atMs } of tokens) {
    if (text === '') continue;
    const last = bursts.at(-1);
    const sinceMs = last === undefined ? Number.POSITIVE_INFINITY : atMs - last.startMs;
    if (last !== undefined && (sinceMs < PACKET_MS || last.length >= sinceMs * FASTEST))
      last.length += text.length;
    else bursts.push({ startMs: atMs, length: text.length, silenceMs: atMs - previousMs });
    previousMs = atMs;
  }
  return bursts;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function seconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(1)} s`;
}
