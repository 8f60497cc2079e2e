import { seededRandom, type Token } from '@eager/generation';
import { decodeGenerator, encode } from 'gpt-tokenizer';
import type { Pace } from './profiles.js';

/** A text in the pieces that a model writes it in. Joined they are the text. */
export function tokensOf(text: string): string[] {
  // A character of several bytes can be cut between tokens: it arrives with the last of them.
  return [...decodeGenerator(encode(text))].filter((piece) => piece !== '');
}

/**
 * What arrives of a text, and when, in milliseconds from the first request: the network chunks of a model with this pace.
 * The same arguments give the same chunks, so all contenders of a round see the same text at the same times.
 */
export function paced(text: string, pace: Pace, seed: number): Token[] {
  const { ttftMs, tokensPerSecond, jitter, tokensPerChunk } = pace;
  const random = seededRandom(seed);
  const tokens = tokensOf(text);
  const chunks: Token[] = [];
  let atMs = ttftMs;
  for (let from = 0; from < tokens.length; from += tokensPerChunk) {
    const pieces = tokens.slice(from, from + tokensPerChunk);
    if (from > 0) atMs += (pieces.length * 1000 * (1 + jitter * (2 * random() - 1))) / tokensPerSecond;
    chunks.push({ text: pieces.join(''), atMs });
  }
  return chunks;
}
