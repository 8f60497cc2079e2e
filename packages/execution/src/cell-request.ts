import type { Effect, Verdict } from '@eager/detection';
import type { Kernel as Jupyter, KernelMessage } from '@jupyterlab/services';
import { Observable } from 'rxjs';
import { openCell } from './driver.js';
import type { InputHandler, Notice, PythonError } from './kernel.js';
import { attributionOf, fromDriver, markIn, requestIn, toMark, toOutput } from './messages.js';
import type { Output } from './output.js';
import type { OutputBudget } from './output-budget.js';
import { RateLimitWatch } from './rate-limit.js';
import type { CellInput, StreamedCell } from './streamed-cell.js';

/** A kernel that can take requests. */
export interface ReadyKernel {
  readonly connection: Jupyter.IKernelConnection;
  /** Why it cannot take the driver, and what that means, for people; undefined where it can. */
  readonly limitation: string | undefined;
}

/** What one request needs besides its code. */
export interface RequestContext extends ReadyKernel {
  readonly input: InputHandler | undefined;
  readonly permit: ((effect: Effect) => Promise<Verdict>) | undefined;
  readonly maxOutputBytes: number;
  /** Sees to that where the kernel cannot do it itself. */
  readonly budget: OutputBudget | undefined;
  /** Called with what a user should know besides the outputs. */
  readonly notify: (notice: Notice) => void;
  /** Called once the kernel is free again, whether or not somebody still listens. */
  readonly release: () => void;
}

/**
 * Opens a streamed cell and gives what the kernel says to it. Completes when the cell is over. Unsubscribing earlier
 * ends the program: where it waits it is told so, and where it runs it is interrupted.
 */
export function streamedCellRequest(context: RequestContext, cell: StreamedCell): Observable<CellInput> {
  return new Observable((subscriber) => {
    const { connection, input, permit } = context;
    const nonce = crypto.randomUUID();
    const future = execute(
      context,
      openCell(nonce, { input: input !== undefined, guard: permit !== undefined }),
      true,
    );
    const watch = rateLimitWatch(context);
    let isOver = false;
    // A program that nobody follows any more must not wait for ever.
    const tell = (message: CellInput): void => {
      if (subscriber.closed) cell.take(message);
      else subscriber.next(message);
    };
    const end = () => {
      isOver = true;
      // An interrupt that comes too late for the program can cost the reply to its cell, for which nobody is to wait.
      context.release();
      subscriber.next({ type: 'idle' });
      subscriber.complete();
    };
    const answered = new Set<string>();
    const answer = (message: KernelMessage.IInputRequestMsg) => {
      // The driver repeats a request until it is answered.
      if (answered.has(message.header.msg_id)) return;
      answered.add(message.header.msg_id);
      const request = fromDriver(message.content.prompt, nonce);
      if (!request) return answerInput(context, message);
      const reply = (value: string) => {
        // A kernel that is gone waits for nothing.
        if (!connection.isDisposed) connection.sendInputReply({ status: 'ok', value }, message.header);
      };
      if (!('effect' in request)) return tell({ type: 'pull', report: request, reply });
      if (request.effect === null) return tell({ type: 'still held', reply });
      void permit?.(request.effect).then((verdict) =>
        tell({ type: 'effect', chunkId: request.chunk, ran: request.ran, verdict, reply }),
      );
    };
    future.onStdin = (message) => {
      if (isInputRequest(message)) answer(message);
    };
    future.onIOPub = (message) => {
      watch(message);
      const output = toOutput(message);
      if (output) subscriber.next({ type: 'output', output, ...attributionOf(message) });
      const report = toMark(markIn(message) ?? message, nonce);
      if (report) subscriber.next({ type: 'mark', report });
      if (report?.closed) end();
      const request = requestIn(message);
      if (request) answer(request);
    };
    // A cell that the driver has not closed ends as any other.
    future.done.then(end, () => {}); // The kernel is gone, which its owner explains.
    return () => {
      if (!isOver && !cell.abort()) interrupt(connection);
    };
  });
}

/** What a plain request gives: its outputs, then how it ended. */
export type PlainResult =
  | { readonly type: 'output'; readonly output: Output }
  | { readonly type: 'done'; readonly error: PythonError | null };

/**
 * Runs code by a plain `execute_request`. Unsubscribing before its end interrupts it. One that stores no history is not
 * counted as a cell.
 */
export function plainRequest(
  context: RequestContext,
  code: string,
  storesHistory = true,
): Observable<PlainResult> {
  return new Observable((subscriber) => {
    const { budget } = context;
    const show = (outputs: readonly Output[]) => {
      for (const output of outputs) subscriber.next({ type: 'output', output });
    };
    const future = execute(context, code, context.input !== undefined, storesHistory);
    const watch = rateLimitWatch(context);
    let isOver = false;
    future.onStdin = (message) => {
      if (isInputRequest(message)) answerInput(context, message);
    };
    future.onIOPub = (message) => {
      watch(message);
      const output = toOutput(message);
      if (output) show(budget?.spend(output) ?? [output]);
    };
    future.done.then(
      ({ content }) => {
        isOver = true;
        show(budget?.sum() ?? []);
        subscriber.next({ type: 'done', error: errorOf(content) });
        subscriber.complete();
      },
      () => {}, // The kernel is gone, which its owner explains.
    );
    return () => {
      if (!isOver) interrupt(context.connection);
    };
  });
}

/**
 * Requests go out one at a time, so none of ours waits behind a failed one; `stop_on_error` would only abort the
 * next, when ipykernel 6 is still clearing its queue as that arrives.
 *
 * @see https://jupyter-client.readthedocs.io/en/stable/messaging.html#execute
 */
function execute(
  { connection, maxOutputBytes, budget, release }: RequestContext,
  code: string,
  allowStdin: boolean,
  storesHistory = true,
) {
  const future = connection.requestExecute(
    { code, allow_stdin: allowStdin, stop_on_error: false, store_history: storesHistory, silent: false },
    false,
    // See output_budget.py. JSON has no infinity, for which there is no budget.
    budget || maxOutputBytes === Number.POSITIVE_INFINITY
      ? {}
      : { eager_max_output_bytes: Math.floor(maxOutputBytes) },
  );
  future.done.then(release, release);
  return future;
}

/** Says once what many messages say. */
function rateLimitWatch({ notify }: RequestContext): (message: KernelMessage.IIOPubMessage) => void {
  const watch = new RateLimitWatch();
  const said = new Set<string>();
  return (message) => {
    const notice = watch.take(message);
    if (!notice || said.has(notice.message)) return;
    said.add(notice.message);
    notify(notice);
  };
}

/** The error that a reply tells of. xeus-python names a class as its `repr` does. */
export function errorOf(content: KernelMessage.IExecuteReplyMsg['content']): PythonError | null {
  if (content.status === 'ok') return null;
  if (content.status === 'error') {
    const { ename, evalue, traceback } = content;
    return { ename: /^<class '(?:.*\.)?(\w+)'>$/.exec(ename)?.[1] ?? ename, evalue, traceback };
  }
  return { ename: 'Aborted', evalue: 'The kernel did not run the program.', traceback: [] };
}

function isInputRequest(message: KernelMessage.IStdinMessage): message is KernelMessage.IInputRequestMsg {
  return message.header.msg_type === 'input_request';
}

/** Lets the caller answer `input()` of the program; without an answer the program is interrupted. */
function answerInput({ connection, input }: RequestContext, message: KernelMessage.IInputRequestMsg): void {
  const { prompt, password } = message.content;
  Promise.resolve(input?.(prompt, password) ?? Promise.reject(new Error('No input handler'))).then(
    (value) => connection.sendInputReply({ status: 'ok', value }, message.header),
    () => interrupt(connection),
  );
}

/** The outcome shows in the program; a request that fails because the kernel is gone says nothing new. */
export function interrupt(connection: Jupyter.IKernelConnection): void {
  connection.interrupt().catch(() => {});
}
