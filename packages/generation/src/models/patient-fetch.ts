/**
 * `fetch` of Node without its two time limits: it gives up after five minutes without response headers or without a
 * byte of the body, and a model may think longer than that. Whoever calls this sets a limit of their own.
 *
 * The limits belong to the dispatcher of undici, which is Node's `fetch`; a request may override them, and only a
 * dispatcher can say so. The process's own dispatcher does the work, so a proxy that was set up there stays in use.
 * Where `fetch` is not Node's it passes an unknown option over.
 *
 * @see https://undici.nodejs.org/#/docs/api/Dispatcher?id=parameter-dispatchoptions `headersTimeout`, `bodyTimeout`
 */
export const patientFetch: typeof fetch = (input, init) =>
  fetch(input, { ...init, dispatcher } as RequestInit);

const dispatcher: Dispatcher = {
  // Node sets its dispatcher up with the first request, so it is there by now.
  dispatch: (options, handler) =>
    (globalThis as unknown as GlobalDispatcher)[GLOBAL_DISPATCHER].dispatch(
      { ...options, headersTimeout: 0, bodyTimeout: 0 },
      handler,
    ),
};

interface Dispatcher {
  dispatch(options: object, handler: unknown): boolean;
}

/** Where all versions of undici in a process meet. */
const GLOBAL_DISPATCHER = Symbol.for('undici.globalDispatcher.1');
type GlobalDispatcher = { readonly [GLOBAL_DISPATCHER]: Dispatcher };
