export type { Chunk, ChunkKind, ClosedBy } from './chunk.js';
