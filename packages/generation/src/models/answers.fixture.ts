import { lastValueFrom, type Observable, toArray } from 'rxjs';
import type { ModelEvent, PartialAnswer } from './model.js';

/** A request that all APIs can be sent. */
export const request = {
  system: 'Write Python.',
  messages: [{ role: 'user', content: 'Show a table.' }],
  tools: [
    {
      name: 'run_python',
      description: 'Runs Python.',
      parameters: { type: 'object', properties: { code: { type: 'string' } }, required: ['code'] },
    },
  ],
} as const;

/** All of an answer: what a caller sees of it, without times. */
export interface WholeAnswer extends PartialAnswer {
  readonly finish: Omit<ModelEvent & { type: 'finish' }, 'atMs' | 'type'> | undefined;
}

export async function wholeAnswer(events$: Observable<ModelEvent>): Promise<WholeAnswer> {
  const events = await lastValueFrom(events$.pipe(toArray()));
  const texts = events.filter((event) => event.type === 'text');
  const calls = events.filter((event) => event.type === 'tool-call').map(({ call }) => call);
  const pieces = events.filter((event) => event.type === 'tool-arguments');
  const [finish] = events.filter((event) => event.type === 'finish');
  return {
    text: texts.map(({ text }) => text).join(''),
    toolCalls: calls.map((call) => ({
      ...call,
      arguments: pieces.map((piece) => (piece.call === call ? piece.text : '')).join(''),
    })),
    finish: finish && { reason: finish.reason, ...(finish.usage && { usage: finish.usage }) },
  };
}

/** The error of an answer that must fail. */
export async function failureOf(events$: Observable<unknown>): Promise<unknown> {
  return lastValueFrom(events$, { defaultValue: undefined }).then(
    () => {
      throw new Error('the answer did not fail');
    },
    (error: unknown) => error,
  );
}
