import type { GatedChunk } from './kernel.js';

/**
 * Takes several statements out of `pending` that can run as one: events tell of them as of one chunk, under the id of the
 * first. Its tree and kind are those of the last. A statement that is denied is alone, and one whose effects have to be asked for
 * begins a piece. Gives no or one piece.
 */
export function nextPiece(pending: GatedChunk[]): GatedChunk[] {
  const isAlone = (chunk: GatedChunk | undefined) => chunk?.verdict?.kind === 'deny' || hasEffects(chunk);
  const next = pending.findIndex((chunk, index) => index > 0 && isAlone(chunk));
  const isDenied = pending[0]?.verdict?.kind === 'deny';
  const chunks = pending.splice(0, isDenied ? 1 : next < 0 ? pending.length : next);
  const [first, ...others] = chunks;
  const last = chunks.at(-1);
  if (!first || !last) return [];
  const code = first.code + others.map(({ leading, code }) => leading + code).join('');
  const { to, tree, kind, closedBy, arrivedAtMs, atMs } = last;
  return [{ ...first, code, to, tree, kind, closedBy, arrivedAtMs, atMs }];
}

function hasEffects(chunk: GatedChunk | undefined): boolean {
  return (chunk?.effects?.length ?? 0) > 0;
}
