import {
  type CalledTool,
  type Message,
  type ModelEvent,
  type Tool,
  type ToolCall,
  toolCode,
  type Usage,
} from '@eager/generation';
import { from } from 'rxjs';

/** The tool by which a model runs Python, where it is asked to write code that way. */
export const RUN_PYTHON: Tool = {
  name: 'run_python',
  description: 'Runs a Python program on a Jupyter kernel and returns what it prints.',
  parameters: {
    type: 'object',
    properties: { code: { type: 'string', description: 'The whole program.' } },
    required: ['code'],
  },
};

/** Keeps an answer while it is written, as far as the conversation needs it. */
export class AnswerLog {
  #text = '';
  #length = 0;
  #usage: Usage | undefined;
  #isWhole = false;
  readonly #calls = new Map<ToolCall, ModelEvent[]>();

  /** What the model says, without the arguments of its calls. */
  get text(): string {
    return this.#text;
  }

  /** Whether it has come to its end. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  get usage(): Usage | undefined {
    return this.#usage;
  }

  /** As the service counts them, or else a quarter of the characters. */
  get outputTokens(): number {
    return this.#usage?.outputTokens ?? tokensIn(this.#length);
  }

  enter(event: ModelEvent): void {
    switch (event.type) {
      case 'text':
        this.#text += event.text;
        this.#length += event.text.length;
        break;
      case 'tool-call':
        this.#calls.set(event.call, [event]);
        break;
      case 'tool-arguments':
        this.#calls.get(event.call)?.push(event);
        this.#length += event.text.length;
        break;
      case 'finish':
        this.#isWhole = true;
        this.#usage = event.usage;
        break;
    }
  }

  /**
   * The answer as a turn of the conversation, as far as it has come, and what is said to it: to each call of a tool where
   * there are any, as services ask for it.
   */
  turns(reply: string): Message[] {
    const toolCalls = [...this.#calls].map(
      ([{ id, name }, events]): CalledTool => ({
        ...{ id, name },
        arguments: { code: codeOf(events) },
      }),
    );
    const content = this.#isWhole ? this.#text : withFenceClosed(this.#text);
    const answer: Message = { role: 'assistant', content, ...(toolCalls.length > 0 && { toolCalls }) };
    if (toolCalls.length === 0) {
      return [...(content === '' ? [] : [answer]), { role: 'user', content: reply }];
    }
    return [
      answer,
      ...toolCalls.map(({ id: callId }, index): Message => {
        return { role: 'tool', callId, content: index === 0 ? reply : 'See the result of the first call.' };
      }),
    ];
  }
}

/** How many tokens a text has, as far as its length tells. */
export function tokensIn(characters: number): number {
  return Math.ceil(characters / 4);
}

/** What has arrived is at hand, so all of it comes at once. */
function codeOf(events: readonly ModelEvent[]): string {
  let code = '';
  from(events)
    .pipe(toolCode())
    .forEach(({ text }) => {
      code += text;
    })
    .catch(() => {}); // Arguments that are no JSON have been an error of the answer.
  return code;
}

/** An answer that was stopped within its code: the reply must not look like more of that. */
function withFenceClosed(text: string): string {
  const fences = text.match(/^ {0,3}```/gm)?.length ?? 0;
  return fences % 2 === 0 ? text : `${text.replace(/\n?$/, '\n')}\`\`\``;
}
