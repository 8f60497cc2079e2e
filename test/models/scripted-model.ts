import { splitTokens } from '@eager/generation';
import { type Dialect, dialectOf, sayFinish, sayStart, sayToken } from './dialects.js';
import { type ModelServer, modelServer, type Reply, type SeenRequest, type Step } from './model-server.js';

/**
 * One answer of a script.
 *
 * A script is a text with answers one below the other. Each begins with a line `=== answer`; then come lines `name:
 * value` up to a blank line, all optional, and then what the model says, without blank lines at its end. Lines before
 * the first answer are comments.
 *
 * | name | value |
 * |---|---|
 * | `when` | only for a request whose last message contains this; such answers may serve many times |
 * | `tool` | what it says is the `code` argument of a call of this tool |
 * | `ttft` | milliseconds to the first token; 0 by default |
 * | `rate` | tokens per second; as fast as possible by default |
 * | `finish` | `stop` (default), `length` or `content-filter` |
 * | `cut-after`, `hang-after` | breaks the connection, or falls silent, after so many characters |
 * | `status` | an HTTP error instead of an answer; what it says is the message |
 * | `retry-after-ms` | the header of that name |
 *
 * Answers without `when` serve in their order, each once.
 */
export interface ScriptedAnswer {
  readonly text: string;
  readonly settings: ReadonlyMap<string, string>;
}

/** A server whose model says what a script says, in the API that each request speaks. */
export function scriptedModel(script: string): Promise<ModelServer> {
  const answers = parseScript(script);
  const inOrder = answers.filter(({ settings }) => !settings.has('when'));
  let used = 0;
  return modelServer((request) => {
    const words = lastMessage(request);
    const answer =
      answers.find(({ settings }) => words.includes(settings.get('when') ?? '\0')) ?? inOrder[used++];
    if (answer === undefined)
      throw new Error(`The script has no answer for request ${request.turn + 1}: ${words}`);
    return replyOf(answer, dialectOf(request.path), String(request.body.model));
  });
}

/** @throws Error when a line is none of the format */
export function parseScript(script: string): ScriptedAnswer[] {
  const [, ...sections] = script.split(/^=== answer *\n/m);
  return sections.map((section) => {
    const [, head = '', text = ''] = /^((?:[^\n]+\n)*)(?:\n(.*))?$/s.exec(section) ?? [];
    const settings = head
      .split('\n')
      .filter((line) => line !== '')
      .map((line): [string, string] => {
        const [, name = '', value = ''] = /^([-a-z]+): *(.*)$/.exec(line) ?? [];
        if (!SETTINGS.has(name)) throw new Error(`The script has a line that is no setting: ${line}`);
        return [name, value];
      });
    return { text: text.replace(/\n+$/, '\n'), settings: new Map(settings) };
  });
}

const SETTINGS = new Set([
  'when',
  'tool',
  'ttft',
  'rate',
  'finish',
  'cut-after',
  'hang-after',
  'status',
  'retry-after-ms',
]);

function replyOf({ text, settings }: ScriptedAnswer, dialect: Dialect, model: string): Reply {
  const retryAfterMs = settings.get('retry-after-ms');
  if (settings.has('status')) {
    return {
      status: Number(settings.get('status')),
      headers: {
        'content-type': 'application/json',
        ...(retryAfterMs !== undefined && { 'retry-after-ms': retryAfterMs }),
      },
      steps: [JSON.stringify({ error: { type: 'error', message: text } })],
    };
  }
  const tool = settings.get('tool');
  const said = tool === undefined ? text : JSON.stringify({ code: text });
  const tokens = splitTokens(said);
  const gapMs = settings.has('rate') ? 1000 / Number(settings.get('rate')) : 0;
  const end = settings.has('cut-after') ? 'cut' : 'hang';
  const endAt = Number(settings.get('cut-after') ?? settings.get('hang-after') ?? Number.POSITIVE_INFINITY);

  const steps: Step[] = [sayStart(dialect, model, tool), { waitMs: Number(settings.get('ttft') ?? 0) }];
  let length = 0;
  for (const [index, token] of tokens.entries()) {
    if (length >= endAt) return { steps: [...steps, end] };
    if (index > 0 && gapMs > 0) steps.push({ waitMs: gapMs });
    steps.push(sayToken(dialect, model, tool, token));
    length += token.length;
  }
  if (endAt !== Number.POSITIVE_INFINITY) return { steps: [...steps, end] };
  return {
    steps: [...steps, sayFinish(dialect, model, tool, said, settings.get('finish') ?? 'stop', tokens.length)],
  };
}

/** What the last turn of the conversation says, whatever the API. */
function lastMessage({ body }: SeenRequest): string {
  const turns = body.messages ?? body.input;
  return wordsOf(Array.isArray(turns) ? turns.at(-1) : turns);
}

/** Each API nests text in objects and lists of its own. */
function wordsOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(wordsOf).join('\n');
  if (typeof value !== 'object' || value === null) return '';
  const { text, content, output } = value as Record<string, unknown>;
  return wordsOf(text ?? content ?? output);
}
