import {
  concat,
  concatMap,
  defer,
  filter,
  groupBy,
  map,
  type Observable,
  type OperatorFunction,
  ReplaySubject,
  tap,
} from 'rxjs';
import { JsonStringProperty } from './json-string-property.js';
import type { ModelEvent, ToolCall } from './models/model.js';
import type { Token } from './token.js';

export interface ToolCodeOptions {
  /** The argument that is code; `code` by default. */
  readonly property?: string;
  /** The only tool whose calls count; by default all do. */
  readonly tool?: string;
}

/**
 * The code that a model writes into the arguments of its tool calls, while it writes: all calls in order, as one
 * program. A call whose code lacks its last line break gets it before the next call. As with fenced code, a last
 * token without text says when the answer ended.
 *
 * Fails with a `ToolArgumentsError` where the arguments are no JSON object, or the argument is no string. An argument
 * that is missing is no code.
 *
 * @example model.stream(request).pipe(toolCode({ tool: 'run_python' }))
 * @see {@link toolPrograms} for the calls one by one.
 */
export function toolCode(options?: ToolCodeOptions): OperatorFunction<ModelEvent, Token> {
  return (events$) =>
    defer(() => {
      let last: CodePiece | undefined;
      let answerAtMs = 0;
      const code$ = events$.pipe(
        tap(({ atMs }) => {
          answerAtMs = atMs;
        }),
        codePieces(options),
        filter(({ text }) => text !== ''),
        map((piece) => {
          const isJoint = last !== undefined && last.call !== piece.call && !last.text.endsWith('\n');
          last = piece;
          return { text: isJoint ? `\n${piece.text}` : piece.text, atMs: piece.atMs };
        }),
      );
      return concat(
        code$,
        defer(() => (last !== undefined && answerAtMs > last.atMs ? [{ text: '', atMs: answerAtMs }] : [])),
      );
    });
}

/** A call of a tool, whose code is a program. */
export interface ToolProgram {
  readonly call: ToolCall;
  /** May be subscribed late or not at all; completes with the arguments of the call. */
  readonly code$: Observable<Token>;
}

/** As {@link toolCode}, but each call is a program of its own. */
export function toolPrograms(options?: ToolCodeOptions): OperatorFunction<ModelEvent, ToolProgram> {
  return (events$) =>
    events$.pipe(
      codePieces(options),
      groupBy(({ call }) => call, {
        connector: () => new ReplaySubject<CodePiece>(),
        duration: (pieces$) => pieces$.pipe(filter(({ isEnd }) => isEnd)),
      }),
      map((pieces$) => ({
        call: pieces$.key,
        code$: pieces$.pipe(
          filter(({ text }) => text !== ''),
          map(({ text, atMs }) => ({ text, atMs })),
        ),
      })),
    );
}

interface CodePiece extends Token {
  readonly call: ToolCall;
  readonly isEnd: boolean;
}

/**
 * Programs run one after the other, so the code of a call waits until the arguments of the calls before are complete.
 */
function codePieces({
  property = 'code',
  tool,
}: ToolCodeOptions = {}): OperatorFunction<ModelEvent, CodePiece> {
  return (events$) =>
    defer(() => {
      const decoders = new Map<ToolCall, JsonStringProperty>();
      /** The calls that are not complete, or wait for one that is not, with the code that waits. */
      const open: { readonly call: ToolCall; held: string }[] = [];

      function* feed(call: ToolCall, text: string, atMs: number): Generator<CodePiece> {
        const decoder = decoders.get(call);
        if (decoder === undefined) return;
        const code = decoder.feed(text);
        const waiting = open.find((entry) => entry.call === call);
        if (waiting !== undefined) waiting.held += code;
        for (let first = open[0]; first !== undefined; first = open[0]) {
          const isEnd = decoders.get(first.call)?.isComplete ?? true;
          yield { call: first.call, text: first.held, atMs, isEnd };
          first.held = '';
          if (!isEnd) return;
          open.shift();
        }
      }

      return events$.pipe(
        concatMap((event) => {
          if (event.type === 'tool-arguments') return [...feed(event.call, event.text, event.atMs)];
          if (event.type === 'tool-call' && (tool === undefined || event.call.name === tool)) {
            decoders.set(event.call, new JsonStringProperty(property));
            open.push({ call: event.call, held: '' });
          }
          if (event.type === 'finish') for (const decoder of decoders.values()) decoder.end();
          return [];
        }),
      );
    });
}
