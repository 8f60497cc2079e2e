import { CommandError } from './exit-codes.js';

/** What a run may take. */
export interface LimitOptions {
  /** In seconds. */
  readonly timeout?: number | undefined;
  /** In megabytes. */
  readonly maxOutput?: number | undefined;
}

/** A program can ignore an interrupt. After this time its kernel is killed. */
const PATIENCE_MS = 5_000;

/** The limits as the engine takes them. */
export function runLimits({ maxOutput }: LimitOptions) {
  return {
    patienceMs: PATIENCE_MS,
    ...(maxOutput !== undefined && { maxOutputBytes: maxOutput * 1e6 }),
  };
}

/**
 * A signal that also aborts after some seconds, with the error that says so. They count from here, so they include the
 * wait for the model and for the kernel.
 */
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
