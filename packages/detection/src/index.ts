export type { Chunk, ChunkKind, ClosedBy } from './chunk.js';
export { detect, type Finding } from './detect.js';
export { EFFECT_TABLE, type EffectRule } from './effect-table.js';
export { EffectAnalysis } from './effects.js';
export { gate, hold, type JudgedChunk, judge } from './gate.js';
export {
  type AskOptions,
  ask,
  deny,
  effects,
  off,
  PAPER_MODULES,
  type PaperOptions,
  paper,
} from './policies.js';
export {
  type Effect,
  type EffectClass,
  type Permission,
  type Policy,
  permitted,
  type Verdict,
} from './policy.js';
export { only, segment } from './segment.js';
export { Segmenter } from './segmenter.js';
