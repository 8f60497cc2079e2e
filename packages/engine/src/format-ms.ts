/** A duration for people: `0.4 ms`, `37 ms`, `13.21 s`, `104.2 s`. */
export function formatMs(durationMs: number): string {
  const size = Math.abs(durationMs);
  if (size >= 99_995) return `${(durationMs / 1000).toFixed(1)} s`;
  if (size >= 999.5) return `${(durationMs / 1000).toFixed(2)} s`;
  return `${durationMs.toFixed(size < 9.95 && size > 0 ? 1 : 0)} ms`;
}

/** A share of a whole for people: `0.4 %`, `17 %`. */
export function formatShare(share: number): string {
  const percent = share * 100;
  return `${percent.toFixed(Math.abs(percent) < 9.95 ? 1 : 0)} %`;
}
