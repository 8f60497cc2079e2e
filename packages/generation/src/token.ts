/** One streamed delta of model text: any number of characters, cut anywhere, even inside a surrogate pair. */
export interface Token {
  readonly text: string;
  /** When it arrived, in milliseconds since the run began. */
  readonly atMs: number;
}
