export type { Chunk, ChunkKind, ClosedBy } from './chunk.js';
export { segment } from './segment.js';
export { Segmenter } from './segmenter.js';
