/**
 * Cuts text into pieces of about the size and shape of a language model's tokens, deterministically and without a
 * vocabulary: words with the space or punctuation mark before them, numbers of up to three digits, runs of
 * punctuation, line breaks with the indentation that follows. The pieces joined are the text.
 *
 * It follows the first step of byte-pair encoders, which split text by such a pattern before they look anything up.
 */
export function splitTokens(text: string): string[] {
  return text.match(PIECE) ?? [];
}

const PIECE = new RegExp(
  [
    String.raw`[^\r\n\p{L}\p{N}]?\p{L}+`, // a word: ` rows`, `.groupby`, `_id`
    String.raw` ?\p{N}{1,3}`, // a part of a number
    String.raw` ?[^\s\p{L}\p{N}]+`, // punctuation: `):`, ` ==`
    String.raw`[\r\n]+[^\S\r\n]*`, // line breaks and the next line's indentation
    String.raw`[^\S\r\n]+(?!\S)`, // spaces, but the last one belongs to the word that follows
    String.raw`\s`,
  ].join('|'),
  'gu',
);
