import type { Observable } from 'rxjs';
import type { StreamOptions } from '../from-stream.js';
import type { ModelError } from './model-error.js';

/** A language model behind some service. */
export interface Model {
  /** As the service spells it. */
  readonly name: string;
  /**
   * Asks the model and gives its answer as it is written.
   *
   * Cold: a subscription is a request, and unsubscribing closes its connection at once, which ends generation and
   * what it costs. Completes after `finish`, and only then is the answer whole. Fails with a {@link ModelError}, and
   * with a `GenerationAbortedError` when `signal` aborts. A request that failed for a passing reason is sent again,
   * with the wait that the server asks for, as long as nothing of the answer has arrived.
   */
  stream(request: ModelRequest, options?: StreamOptions): Observable<ModelEvent>;
}

export interface ModelRequest {
  readonly messages: readonly Message[];
  /** Instructions that stand above the conversation. */
  readonly system?: string | undefined;
  readonly tools?: readonly Tool[] | undefined;
  /** The most tokens the answer may have; an answer that is cut there fails with kind `length`. */
  readonly maxTokens?: number | undefined;
  /** From 0; the service's default when absent. */
  readonly temperature?: number | undefined;
}

/** A turn of the conversation. */
export type Message =
  | { readonly role: 'user'; readonly content: string }
  | { readonly role: 'assistant'; readonly content: string; readonly toolCalls?: readonly CalledTool[] }
  | { readonly role: 'tool'; readonly callId: string; readonly content: string };

/** A call that the model made earlier in the conversation. A `tool` message with its id answers it. */
export interface CalledTool {
  readonly id: string;
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** A function that the model may call. */
export interface Tool {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of its arguments, an object. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** A tool call of the answer that is being written. */
export interface ToolCall {
  /** Counts the calls of the answer, from 0. */
  readonly index: number;
  readonly id: string;
  readonly name: string;
}

/** What happens while a model answers, in order. `atMs` is on the clock of the run. */
export type ModelEvent =
  /** The request failed and is sent again in `waitMs`. Comes before anything of the answer. */
  | {
      readonly type: 'retry';
      readonly atMs: number;
      readonly waitMs: number;
      readonly error: ModelError;
    }
  | { readonly type: 'text'; readonly atMs: number; readonly text: string }
  | { readonly type: 'tool-call'; readonly atMs: number; readonly call: ToolCall }
  /** More of the JSON that the call's arguments are; the texts of one call joined are all of it. */
  | {
      readonly type: 'tool-arguments';
      readonly atMs: number;
      readonly call: ToolCall;
      readonly text: string;
    }
  /** The answer is whole. Always the last event. */
  | {
      readonly type: 'finish';
      readonly atMs: number;
      readonly reason: 'stop' | 'tool-calls';
      /** Absent when the service does not tell. */
      readonly usage?: Usage;
    };

/** Tokens as the service counts and bills them. */
export interface Usage {
  /** Those of the request, cached ones included. */
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** As much of an answer as had arrived. */
export interface PartialAnswer {
  readonly text: string;
  readonly toolCalls: readonly (ToolCall & {
    /** JSON, perhaps cut anywhere. */
    readonly arguments: string;
  })[];
}
