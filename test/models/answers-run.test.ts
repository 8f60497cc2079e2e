import { type RunEvent, type RunOptions, run$ } from '@eager/engine';
import { embeddedKernel, type Kernel } from '@eager/execution';
import {
  answerText,
  anthropic,
  codeFences,
  GenerationAbortedError,
  type Model,
  openAI,
  splitTokens,
  toolCode,
} from '@eager/generation';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { python } from '../python.js';
import { type Dialect, dialectOf, sayFinish, sayStart, sayToken } from './dialects.js';
import { type ModelServer, modelServer, type Step } from './model-server.js';
import { scriptedModel } from './scripted-model.js';

/** The answers of models, from a server over HTTP to a kernel. */

const services: readonly (readonly [api: string, model: (server: ModelServer) => Model])[] = [
  ['chat', ({ url }) => openAI({ model: 'm', baseUrl: `${url}/v1` })],
  ['responses', ({ url }) => openAI({ model: 'm', baseUrl: `${url}/v1`, api: 'responses' })],
  ['messages', ({ url }) => anthropic({ model: 'm', baseUrl: url })],
];
const request = { messages: [{ role: 'user', content: 'Count to two.' }] } as const;

/** Code that says what it does, and then words that take a while to write. */
const code = 'print("one été 🐍")\nprint("two")\n';
const comments = '# and so on\n'.repeat(30);

let kernel: Kernel;
beforeAll(() => {
  kernel = embeddedKernel({ python });
});
afterAll(() => kernel[Symbol.asyncDispose]());

interface Outcome {
  readonly events: readonly RunEvent[];
  readonly error: unknown;
  readonly printed: string;
}

async function run(
  model: Model,
  form: 'fences' | 'tool',
  options: RunOptions = {},
  onOutput: () => void = () => {},
): Promise<Outcome> {
  const { signal } = options;
  const answer$ = model.stream(request, signal && { signal });
  const tokens$ = form === 'tool' ? answer$.pipe(toolCode()) : answer$.pipe(answerText(), codeFences());
  const events: RunEvent[] = [];
  let error: unknown;
  await run$(tokens$, kernel, options)
    .forEach((event) => {
      events.push(event);
      if (event.type === 'output') onOutput();
    })
    .catch((reason: unknown) => {
      error = reason;
    });
  return { events, error, printed: printedBy(events) };
}

function printedBy(events: readonly RunEvent[]): string {
  return events
    .map((event) =>
      event.type === 'output' && event.output.output_type === 'stream' ? event.output.text : '',
    )
    .join('');
}

/** The parts of a program as one answer, the second after a promise. */
function answerInTwo(
  dialect: Dialect,
  form: 'fences' | 'tool',
  [first, second]: readonly [string, string],
  between: Promise<void>,
): Step[] {
  const tool = form === 'tool' ? 'run_python' : undefined;
  const quoted = (part: string) => JSON.stringify(part).slice(1, -1);
  const [before, after] = tool
    ? [`{"code":"${quoted(first)}`, `${quoted(second)}"}`]
    : [`\`\`\`python\n${first}`, `${second}\`\`\`\n`];
  const say = (text: string) => splitTokens(text).map((token) => sayToken(dialect, 'm', tool, token));
  const finish = sayFinish(dialect, 'm', tool, before + after, 'stop', 9);
  return [sayStart(dialect, 'm', tool), ...say(before), between, ...say(after), finish];
}

const script = (settings: string, program: string) =>
  `=== answer\n${settings}\n\nHere:\n\n\`\`\`python\n${program}\`\`\`\n`;

describe.each(services)('the %s API', (_api, modelOf) => {
  test.each(['fences', 'tool'] as const)('code in %s runs while it is written', async (form) => {
    let seeOutput = () => {};
    const output = new Promise<void>((resolve) => {
      seeOutput = resolve;
    });
    await using server = await modelServer(({ path }) => ({
      // The model waits for the output of its first statement before it writes on: serially, it would wait forever.
      steps: answerInTwo(
        dialectOf(path),
        form,
        [`${code.split('\n')[0]}\n#`, ` go on\n${code.split('\n')[1]}\n`],
        output,
      ),
    }));
    const { events, error, printed } = await run(modelOf(server), form, {}, () => seeOutput());
    expect(error).toBeUndefined();
    expect(printed).toBe('one été 🐍\ntwo\n');
    expect(events.at(-1)).toMatchObject({ type: 'end', status: 'ok', statements: 2 });
  });

  test.each([
    ['a broken connection', 'cut-after: 62', 'cut'],
    ['a limit of tokens', 'finish: length', 'length'],
    ['a content filter', 'finish: content-filter', 'content-filter'],
  ])('after %s the program does not count as finished', async (_title, setting, kind) => {
    await using server = await scriptedModel(script(setting, `${code}print("three`));
    const { events, error, printed } = await run(modelOf(server), 'fences');
    expect(error).toMatchObject({
      name: 'ModelError',
      kind,
      answer: { text: expect.stringContaining('one') },
    });
    expect(events.at(-1)).toMatchObject({ type: 'end', status: 'aborted' });
    expect('one été 🐍\ntwo\n').toContain(printed);
  });

  test('a Python error that ends the run closes the response', async () => {
    await using server = await scriptedModel(script('rate: 150', `1 / 0\n${comments.repeat(10)}`));
    const { events } = await run(modelOf(server), 'fences', { stopOnError: true });
    expect(events.at(-1)).toMatchObject({ type: 'end', status: 'error' });
    expect(await server.requests[0]?.closedEarly).toBe(true);
  });

  test('a signal ends both the run and the response', async () => {
    await using server = await scriptedModel(script('rate: 150', code + comments.repeat(10)));
    const controller = new AbortController();
    const model = modelOf(server);
    const stopping: Model = {
      name: model.name,
      stream: (request, options) => {
        setTimeout(() => controller.abort(), 300);
        return model.stream(request, options);
      },
    };
    const { events, error } = await run(stopping, 'fences', { signal: controller.signal });
    expect(error === undefined || error instanceof GenerationAbortedError).toBe(true);
    expect(events.at(-1)).toMatchObject({ type: 'end', status: 'interrupted' });
    expect(await server.requests[0]?.closedEarly).toBe(true);
  });
});
