/** What the command's exit code says. A signal ends it with 128 plus the signal's number. */
export const EXIT = { ok: 0, failure: 1, usage: 2, pythonError: 3 } as const;

/** Ends the command with its message and exit code, without a stack trace: the user's to mend, not ours. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: number;

  constructor(message: string, exitCode: number = EXIT.failure) {
    super(message);
    this.exitCode = exitCode;
  }
}
