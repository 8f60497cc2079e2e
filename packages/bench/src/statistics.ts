/**
 * The value below which a share of the others lies, interpolated between the two nearest (R's type 7).
 *
 * @param share from 0 to 1
 * @returns NaN when there are no values
 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const lower = sorted[Math.floor(place)] ?? Number.NaN;
  const upper = sorted[Math.ceil(place)] ?? lower;
  return lower + (upper - lower) * (place - Math.floor(place));
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** A median with what lies around it. */
export interface Spread {
  readonly count: number;
  /** The smallest value. */
  readonly min: number;
  /** A quarter of the values lies below it. */
  readonly lower: number;
  readonly median: number;
  /** A quarter of the values lies above it. */
  readonly upper: number;
  readonly p95: number;
  readonly max: number;
}

export function spread(values: readonly number[]): Spread {
  return {
    count: values.length,
    min: quantile(values, 0),
    lower: quantile(values, 0.25),
    median: median(values),
    upper: quantile(values, 0.75),
    p95: quantile(values, 0.95),
    max: quantile(values, 1),
  };
}

/**
 * How two ways compare, pair by pair: each value of one divided by the value of the other in the same round, so that what
 * differs between rounds (programs, paces, the load of the machine) drops out. Pairs with a zero divisor are left out.
 */
export function pairedRatios(pairs: readonly (readonly [value: number, base: number])[]): number[] {
  return pairs.filter(([, base]) => base > 0).map(([value, base]) => value / base);
}

/** The steps of an empirical distribution function: each value with the share of values that are not above it. */
export function cumulative(values: readonly number[]): { readonly value: number; readonly share: number }[] {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted.map((value, index) => ({ value, share: (index + 1) / sorted.length }));
}

/** The values of each group, in the order in which the groups first occur. */
export function grouped<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
