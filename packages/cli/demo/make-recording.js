// Makes analysis.ndjson, the recording behind the demo, from analysis.md. Run it after a build: no model is asked, the
// answer is written by hand and its pace is drawn from a seed.
import { readFileSync, writeFileSync } from 'node:fs';
import { formatRecording, paceText } from '@eager/generation';

const answer = readFileSync(new URL('analysis.md', import.meta.url), 'utf8');
const ttftMs = 480;
const tokens = paceText(answer, { tokensPerSecond: 100, ttftMs, jitter: 0.8, seed: 2025 });
const recording = {
  model: 'synthetic (hand-written answer, seeded pace)',
  ttftMs,
  tokens: tokens.map(({ text, atMs }) => ({ text, atMs: Math.round(atMs * 10) / 10 })),
};
writeFileSync(new URL('analysis.ndjson', import.meta.url), formatRecording(recording));
