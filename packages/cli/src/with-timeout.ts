import { CommandError } from './exit-codes.js';

/** A signal that also aborts after some seconds, with the error that says so. */
export function withTimeout(signal: AbortSignal, seconds: number | undefined): AbortSignal {
  if (seconds === undefined) return signal;
  const controller = new AbortController();
  setTimeout(() => {
    controller.abort(
      new CommandError(
        `The run was interrupted after ${seconds} s, as --timeout says. Allow it more time, or less work.`,
      ),
    );
  }, seconds * 1000).unref();
  return AbortSignal.any([signal, controller.signal]);
}
