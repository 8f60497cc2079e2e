/** What a part costs: a table for the report, and for people on a terminal. */
export interface MicroTable {
  readonly title: string;
  /** What the numbers are, and how they were measured. */
  readonly about: string;
  readonly headings: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** A time in its own unit, with three digits. */
export function digits(value: number): string {
  return Number.isFinite(value) ? Number(value.toPrecision(3)).toString() : '–';
}
