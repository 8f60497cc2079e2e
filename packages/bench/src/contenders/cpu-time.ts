import { fromRecording, type Token } from '@eager/generation';

/**
 * Starts to measure this process's processor time, user and system, of all its threads, in milliseconds. In a run of the
 * engine that is: detection, gate, messages to and from the kernel, the timeline and the outputs. Kernels are processes of
 * their own and do not count, and what the simulated model takes by itself is subtracted; as that varies from time to
 * time, a run that costs little can come out below zero.
 */
export async function startCpuTime(tokens: readonly Token[]): Promise<() => number> {
  const replayMs = await replayCpuMs(tokens);
  const start = process.cpuUsage();
  return () => cpuMsSince(start) - replayMs;
}

function cpuMsSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

/** A token costs a timer and a wake-up of the process. */
async function replayCpuMs(tokens: readonly Token[]): Promise<number> {
  const [first, last] = [tokens[0], tokens.at(-1)];
  if (!first || !last || tokens.length < 2) return 0;
  const gapMs = Math.round((last.atMs - first.atMs) / (tokens.length - 1));
  const measuring = costs.get(gapMs) ?? measuredCost(tokens.slice(0, SAMPLE_MS / Math.max(1, gapMs)));
  costs.set(gapMs, measuring);
  return (await measuring) * tokens.length;
}

/** Of a token, by the gap between two in milliseconds. */
const costs = new Map<number, Promise<number>>();

const SAMPLE_MS = 1_500;
/** The first times also cost what it takes to compile; the least of all is what has to be there. */
const SAMPLES = 3;

async function measuredCost(tokens: readonly Token[]): Promise<number> {
  const startMs = tokens[0]?.atMs ?? 0;
  const sample = tokens.map((token) => ({ ...token, atMs: token.atMs - startMs }));
  const costsMs: number[] = [];
  for (let i = 0; i < SAMPLES; i++) {
    const start = process.cpuUsage();
    await fromRecording({ model: 'paced', ttftMs: 0, tokens: sample }).forEach(() => {});
    costsMs.push(cpuMsSince(start) / sample.length);
  }
  return Math.min(...costsMs);
}
