import type { Effect } from '@eager/detection';
import { lastValueFrom, Observable, tap } from 'rxjs';
import { interrupt, type PlainResult, plainRequest, type RequestContext } from './cell-request.js';
import type { GatedChunk, PythonError } from './kernel.js';
import type { CellInput, DriverReport, StreamedCell } from './streamed-cell.js';

/**
 * Runs a program on a kernel that cannot take the driver: each batch by a plain `execute_request`, the next one when the
 * one before has been answered, none after an error. It plays the driver's part towards the cell, so that the
 * events are the same; how its programs differ from one cell is told in KERNELS.md.
 *
 * Completes when the program is over. Unsubscribing earlier ends the program: where it waits it is told so, and where
 * it runs it is interrupted.
 */
export function requestPerBatch(context: RequestContext, cell: StreamedCell): Observable<CellInput> {
  return new Observable((subscriber) => {
    let isOver = false;
    // A program that nobody follows any more must not wait for ever.
    const tell = (message: CellInput): void => {
      if (subscriber.closed) cell.take(message);
      else subscriber.next(message);
    };
    void new BatchedProgram(context, cell, tell).run().then(() => {
      isOver = true;
      context.release();
      tell({ type: 'idle' });
      subscriber.complete();
    });
    return () => {
      if (!isOver && !cell.abort()) interrupt(context.connection);
    };
  });
}

/** What the cell answers: as the driver reads it. */
interface Answer {
  readonly chunks?: readonly (readonly [id: number, text: string, denied: string | null])[];
  readonly denied?: string | null;
  readonly end: boolean;
  readonly abort?: boolean;
}

type Ran = DriverReport['ran'];

class BatchedProgram {
  readonly #context: RequestContext;
  readonly #cell: StreamedCell;
  readonly #tell: (message: CellInput) => void;
  #requests = 0;
  /** The program's last statement so far is an expression, whose value the kernel keeps. */
  #keepsValue = false;

  constructor(context: RequestContext, cell: StreamedCell, tell: (message: CellInput) => void) {
    this.#context = context;
    this.#cell = cell;
    this.#tell = tell;
  }

  /** Resolves when the program is over, in whatever way. */
  async run(): Promise<void> {
    let ran: Ran = [];
    let isLast = false;
    while (!isLast) {
      const answer = await this.#pull(ran);
      if (answer.abort) return this.#close([], INTERRUPTED);
      isLast = answer.end;
      ran = [];
      const [piece] = answer.chunks ?? [];
      if (!piece) continue;
      ran = await this.#runPiece(piece[0], isLast && answer.chunks?.length === 1);
      if (ran[0]?.error) return this.#close(ran, null);
    }
    const startMs = performance.now();
    if (this.#keepsValue) await this.#request(`globals().pop(${JSON.stringify(KEPT)})`, undefined);
    this.#close(ran, null, performance.now() - startMs);
  }

  #pull(ran: Ran): Promise<Answer> {
    return new Promise((resolve) => {
      this.#tell({
        type: 'pull',
        wantsPiece: true,
        report: { ran },
        reply: (value) => resolve(JSON.parse(value)),
      });
    });
  }

  async #runPiece(id: number, isLast: boolean): Promise<Ran> {
    const piece = this.#cell.sentChunk(id);
    if (!piece) return [];
    const arrivedMs = performance.now();
    const refusal = await this.#refusal(piece);
    const startMs = performance.now();
    const error = await this.#request(refusal ?? this.#codeOf(piece, isLast), id);
    const durationMs = performance.now() - startMs;
    return [{ id, startMs: 0, durationMs, heldMs: startMs - arrivedMs, error }];
  }

  /** What to run instead of a piece that is not permitted. Without a hook, leave is asked for what static analysis saw. */
  async #refusal(piece: GatedChunk): Promise<string | undefined> {
    if (piece.verdict?.kind === 'deny') return raising('PermissionError', piece.verdict.reason);
    for (const effect of piece.effects ?? []) {
      const { denied, abort } = await this.#ask(piece.id, effect);
      if (abort) return raising(INTERRUPTED.ename, INTERRUPTED.evalue);
      if (denied) return raising('PermissionError', denied);
    }
    return undefined;
  }

  async #ask(chunkId: number, effect: Effect): Promise<Answer> {
    const verdict = await this.#context.permit?.(effect);
    if (!verdict) return { end: false };
    return new Promise((resolve) => {
      this.#tell({
        type: 'effect',
        chunkId,
        ran: [],
        verdict,
        reply: (value) => resolve(JSON.parse(value)),
      });
    });
  }

  /** The piece at its true lines. Comments are what IPython does not strip from the start of a cell. */
  #codeOf(piece: GatedChunk, isLast: boolean): string {
    const last = lastExpression(piece);
    this.#keepsValue = last !== undefined && !last.isSilent && !isLast;
    const isCellMagic = piece.code.startsWith('%%');
    const padding = isCellMagic ? '' : '#\n'.repeat(piece.line - 1);
    // What a magic gives cannot be kept, only not shown.
    const hidesValue = last ? last.isSilent : piece.kind === 'magic' && !isCellMagic && !isLast;
    if (hidesValue) return `${padding}${piece.code}\npass`;
    if (!last) return padding + piece.code;
    if (isLast) return padding + piece.code;
    return `${padding}${piece.code.slice(0, last.from)}${KEPT} = ${piece.code.slice(last.from)}`;
  }

  /** Gives the error that the code has raised. Only the first request counts as a cell. */
  async #request(code: string, chunkId: number | undefined): Promise<PythonError | null> {
    const storesHistory = this.#requests++ === 0;
    const results$ = plainRequest({ ...this.#context, release: () => {} }, code, storesHistory).pipe(
      tap((result) => {
        if (result.type === 'output') this.#tell({ ...result, chunkId, ran: [] });
      }),
    );
    const done: PlainResult = await lastValueFrom(results$);
    return done.type === 'done' ? done.error : null;
  }

  #close(ran: Ran, error: PythonError | null, shownMs = 0): void {
    this.#tell({ type: 'mark', report: { ran, closed: true, shownMs, error } });
  }
}

/** The value of the last statement so far, when that is an expression, until it is known whether another one follows. */
const KEPT = '__eager_value';

const INTERRUPTED: PythonError = {
  ename: 'KeyboardInterrupt',
  evalue: 'Interrupted while waiting for the rest of the program.',
  traceback: [],
};

function raising(errorClass: string, message: string): string {
  return `raise ${errorClass}(${JSON.stringify(message)})`;
}

/** Where the expression begins with which a piece ends, and whether a `;` keeps its value from being shown. */
function lastExpression({ code, tree, kind }: GatedChunk): { from: number; isSilent: boolean } | undefined {
  if (kind === 'magic') return undefined;
  const offset = code.length - tree.length;
  let node = tree.topNode.lastChild;
  while (node?.name === 'Comment') node = node.prevSibling;
  if (node?.name === 'StatementGroup') node = node.lastChild;
  while (node?.name === 'Comment') node = node.prevSibling;
  const isSilent = node?.name === ';';
  while (node?.name === ';') node = node.prevSibling;
  return node?.name === 'ExpressionStatement' ? { from: offset + node.from, isSilent } : undefined;
}
