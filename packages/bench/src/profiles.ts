/** How a model writes. Which token comes when follows from this, the text and a seed alone. */
export interface Pace {
  /** Stable: results are found by it. */
  readonly name: string;
  readonly label: string;
  readonly ttftMs: number;
  /** Mean rate after the first token. */
  readonly tokensPerSecond: number;
  /** How far the gap before a network chunk may be from the mean, as a share of it, from 0 to 1. */
  readonly jitter: number;
  /** Lumpiness: how many tokens arrive together, as one network chunk. */
  readonly tokensPerChunk: number;
}

/** A pace that a model was measured to have. */
export interface ModelProfile extends Pace {
  /** Who published time to first token and rate, and when. */
  readonly source: string;
}

/** Rates without a model: token after token, evenly, after a first token that takes as long as those of small models. */
export const RATES: readonly Pace[] = [20, 50, 100, 200].map((tokensPerSecond) => ({
  name: `${tokensPerSecond}`,
  label: `${tokensPerSecond} tokens/s`,
  ttftMs: 400,
  tokensPerSecond,
  jitter: 0,
  tokensPerChunk: 1,
}));

/**
 * Seven models as others have measured them, from slow to fast. Time to first token and rate are published medians, and
 * change from week to week: what matters here is that they span the range. `jitter` and `tokensPerChunk` are published
 * by nobody that we know of, so they are assumed: even for token-by-token streams, coarser for those that are known to
 * arrive in larger pieces.
 */
export const MODEL_PROFILES: readonly ModelProfile[] = [
  {
    name: 'mistral-large',
    label: 'Mistral Large',
    ttftMs: 520,
    tokensPerSecond: 40,
    jitter: 0.2,
    tokensPerChunk: 1,
    source:
      'Artificial Analysis, artificialanalysis.ai/models/mistral-large/providers (Azure, model of February 2024)',
  },
  {
    name: 'claude-sonnet-4.5',
    label: 'Claude Sonnet 4.5',
    ttftMs: 1800,
    tokensPerSecond: 63,
    jitter: 0.5,
    tokensPerChunk: 4,
    source:
      'Artificial Analysis, as cited on 2025-11-24 by lattice.uptownhr.com/claude-opus-4-5/speed-analysis',
  },
  {
    name: 'gpt-4o',
    label: 'GPT-4o',
    ttftMs: 390,
    tokensPerSecond: 81,
    jitter: 0.4,
    tokensPerChunk: 1,
    source:
      'Artificial Analysis, artificialanalysis.ai/models/gpt-4o-2024-05-13/providers (OpenAI, model of May 2024)',
  },
  {
    name: 'claude-3.5-haiku',
    label: 'Claude 3.5 Haiku',
    ttftMs: 590,
    tokensPerSecond: 101,
    jitter: 0.5,
    tokensPerChunk: 4,
    source:
      'Artificial Analysis, artificialanalysis.ai/models/claude-3-5-haiku/providers (Amazon, latency optimised)',
  },
  {
    name: 'gemini-1.5-flash',
    label: 'Gemini 1.5 Flash',
    ttftMs: 410,
    tokensPerSecond: 192,
    jitter: 0.5,
    tokensPerChunk: 32,
    source:
      'Artificial Analysis, artificialanalysis.ai/models/gemini-1-5-flash/providers (AI Studio, model of September 2024)',
  },
  {
    name: 'gpt-oss-120b',
    label: 'GPT-OSS 120B',
    ttftMs: 790,
    tokensPerSecond: 262,
    jitter: 0.3,
    tokensPerChunk: 2,
    source: 'Artificial Analysis, as listed on 2026-04-07 by benchlm.ai/llm-speed',
  },
  {
    name: 'llama-3.3-70b-groq',
    label: 'Llama 3.3 70B on Groq',
    ttftMs: 120,
    tokensPerSecond: 330,
    jitter: 0.3,
    tokensPerChunk: 2,
    source: 'TokenMix, tokenmix.ai/blog/ai-api-latency-benchmark (April 2026)',
  },
];
