import { setTimeout as delay } from 'node:timers/promises';
import type { TcpProxy } from '../../packages/bench/src/tcp-proxy.js';

/** Something that a network does, and how long it lets things be before that. */
export interface Fault {
  readonly afterMs: number;
  readonly kind: keyof typeof FAULTS;
  /** From 0 to 1: how much of it. */
  readonly strength: number;
}

/** What a network can do to a connection. Nothing here changes the order of what it carries. */
const FAULTS = {
  reset: async (proxy) => proxy.cut(),
  'hang up': async (proxy) => proxy.hangUp(),
  'cut in a frame': async (proxy, strength) => proxy.cutAfter(Math.ceil(1 + strength * 5_000)),
  'half-open': async (proxy) => proxy.silence(),
  unreachable: async (proxy, strength) => {
    await proxy.refuse();
    await delay(strength * 500);
    await proxy.accept();
  },
  delay: async (proxy, strength) => {
    proxy.delayMs = strength * 60;
  },
  throttle: async (proxy, strength) => {
    proxy.bytesPerSecond = 50_000 + strength * 500_000;
  },
} satisfies Record<string, (proxy: TcpProxy, strength: number) => Promise<void>>;

/** The same plan for the same seed. */
export function faultPlan(seed: number, count: number): Fault[] {
  const random = mulberry32(seed);
  const kinds = Object.keys(FAULTS) as Fault['kind'][];
  return Array.from({ length: count }, () => ({
    afterMs: Math.round(random() ** 2 * 400),
    kind: kinds[Math.floor(random() * kinds.length)] ?? 'reset',
    strength: random(),
  }));
}

/** Does what the plan says until it is through with it, or aborted; then the network is sound again. */
export async function play(plan: readonly Fault[], proxy: TcpProxy, signal: AbortSignal): Promise<void> {
  for (const { afterMs, kind, strength } of plan) {
    await delay(afterMs, undefined, { signal }).catch(() => {});
    if (signal.aborted) break;
    await FAULTS[kind](proxy, strength);
  }
  proxy.delayMs = 0;
  proxy.bytesPerSecond = Number.POSITIVE_INFINITY;
  proxy.cutAfter(Number.POSITIVE_INFINITY);
}

/** https://github.com/cprosche/mulberry32 */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  };
}
