/** A program can ignore an interrupt. After this time its kernel is shut down, which ends the run. */
const PATIENCE_MS = 5_000;

/** Once `signal` has aborted, shuts the kernel down unless the run ends, and disposes of this, within some seconds. */
export function endAfterInterrupt(signal: AbortSignal | undefined, kernel: AsyncDisposable): Disposable {
  let timer: NodeJS.Timeout | undefined;
  const onAbort = () => {
    timer = setTimeout(() => void kernel[Symbol.asyncDispose](), PATIENCE_MS);
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  return {
    [Symbol.dispose]() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    },
  };
}
