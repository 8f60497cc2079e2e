import { constants } from 'node:os';
import { performance } from 'node:perf_hooks';

/** How a command hears of Ctrl-C and of a request to end. While it is not disposed, signals end nothing by themselves. */
export interface Interruption extends Disposable {
  /** Aborts at the first SIGINT, SIGTERM or SIGHUP. Its reason is an {@link InterruptedError}. */
  readonly signal: AbortSignal;
  /** What a shell expects of a program that the signal ended, 130 for Ctrl-C; undefined while none has come. */
  readonly exitCode: number | undefined;
}

/** The user, or the system, has asked the command to stop. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
  /** 128 and the number of the signal. */
  readonly exitCode: number;

  constructor(signal: StopSignal) {
    super(`Stopped by ${signal}.`);
    this.exitCode = exitCodeOf(signal);
  }
}

/**
 * Turns signals into an `AbortSignal`, so that a command can stop in order. Who cannot wait sends a second one: then the
 * process exits at once, and its `exit` listeners end the kernels and restore the terminal.
 *
 * ```ts
 * using interruption = interruptible();
 * await work(interruption.signal);
 * return interruption.exitCode ?? 0;
 * ```
 *
 * @param host the process, unless a test stands in for it
 */
export function interruptible(host: SignalHost = process, now = () => performance.now()): Interruption {
  const controller = new AbortController();
  let first: { readonly error: InterruptedError; readonly atMs: number } | undefined;
  const onSignal = (name: StopSignal) => {
    if (first === undefined) {
      first = { error: new InterruptedError(name), atMs: now() };
      controller.abort(first.error);
    } else if (now() - first.atMs >= SAME_KEY_MS) {
      host.stderr.write(
        'eager: Stopped at once. Kernels of this command are killed: their variables are lost.\n',
      );
      host.exit(exitCodeOf(name));
    }
  };
  for (const name of STOP_SIGNALS) host.on(name, onSignal);
  return {
    signal: controller.signal,
    get exitCode() {
      return first?.error.exitCode;
    },
    [Symbol.dispose]() {
      for (const name of STOP_SIGNALS) host.off(name, onSignal);
    },
  };
}

/** The part of `process` that matters here. */
export interface SignalHost {
  on(name: StopSignal, listener: (name: StopSignal) => void): unknown;
  off(name: StopSignal, listener: (name: StopSignal) => void): unknown;
  exit(code: number): void;
  readonly stderr: { write(text: string): unknown };
}

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type StopSignal = (typeof STOP_SIGNALS)[number];

/** npm passes on the Ctrl-C that the terminal has sent to it and to us: what comes so soon is the same key. */
const SAME_KEY_MS = 500;

function exitCodeOf(signal: StopSignal): number {
  return 128 + constants.signals[signal];
}
