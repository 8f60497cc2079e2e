import { filter, map, type OperatorFunction, pipe } from 'rxjs';
import type { Token } from '../token.js';
import type { ModelEvent } from './model.js';

/**
 * The text of an answer: markdown for `codeFences()`, or code where the model was asked for nothing else.
 *
 * @example model.stream(request).pipe(answerText(), codeFences())
 */
export function answerText(): OperatorFunction<ModelEvent, Token> {
  return pipe(
    filter((event) => event.type === 'text'),
    map(({ text, atMs }) => ({ text, atMs })),
  );
}
