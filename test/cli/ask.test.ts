import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { sayFinish, sayStart, sayToken } from '../models/dialects.js';
import { type ModelServer, modelServer, type Reply } from '../models/model-server.js';
import { scriptedModel } from '../models/scripted-model.js';
import { JupyterServer } from '../remote/jupyter-server.js';
import { type Finished, jsonLines, nothing, Playground } from './eager.js';
import { expectValidNotebook } from './notebook.js';

const sales = 'shop,cups,price\nMill,3,1.5\nPort,4,2.0\n';
const broken =
  'import csv\nrows = list(csv.DictReader(open("sales.csv")))\nprint(sum(int(row["coups"]) for row in rows))\n';
const mended = 'print(sum(int(row["cups"]) for row in rows))\n';

const fenced = (program: string) => `Here it is:\n\n\`\`\`python\n${program}\`\`\`\n`;
const script = (...texts: readonly string[]) => texts.map((text) => `=== answer\n\n${text}\n`).join('');

function ask(
  playground: Playground,
  server: Pick<ModelServer, 'url'>,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<Finished> {
  const all = ['ask', ...args, '--model', 'm', '--base-url', `${server.url}/v1`];
  const state = playground.path('state');
  return playground.run(all, { env: { OPENAI_API_KEY: 'sk-test-0123456789', EAGER_STATE: state, ...env } });
}

/** The words of the last turn of a request. */
function lastWords(server: ModelServer, request: number): string {
  return JSON.stringify([server.requests[request]?.body.messages].flat().at(-1));
}

describe('eager ask', () => {
  test('runs an answer, has it repaired, and saves what ran', async () => {
    const playground = new Playground({ 'sales.csv': sales });
    await using server = await scriptedModel(script(fenced(broken), fenced(mended)));
    const files = ['--save', 'nb.ipynb', '--timeline', 't.svg', '--record', 'r.ndjson'];
    const run = await ask(playground, server, ['How many cups?', '--attach', 'sales.csv', ...files]);
    expect(run, run.stderr).toMatchObject({ code: 0, stdout: '7\n' });
    expect(run.stderr).toContain("KeyError: 'coups'");
    expect(run.stderr).toMatch(/2 {2}resume .* 2 statements kept.*ran to its end/);

    expect(lastWords(server, 0)).toContain('How many cups?');
    expect(lastWords(server, 0)).toContain(playground.path('sales.csv'));
    expect(lastWords(server, 0)).toContain(String.raw`\"cups\": whole numbers`);
    expect(lastWords(server, 1)).toContain("KeyError: 'coups' (line 3)");

    const notebook = JSON.parse(readFileSync(playground.path('nb.ipynb'), 'utf8'));
    expectValidNotebook(notebook);
    const [asked, program] = notebook.cells;
    expect(asked.source.join('')).toBe('How many cups?');
    expect(program.source.join('')).toBe(`${broken.split('\n').slice(0, 2).join('\n')}\n${mended}`);
    expect(program.outputs).toMatchObject([{ name: 'stdout', text: '7\n' }]);
    expect(readFileSync(playground.path('t.svg'), 'utf8')).toContain('Attempt 2');
    expect(existsSync(playground.path('r-2.ndjson'))).toBe(true);
    expect(await playground.run(['run', 'r.ndjson'])).toMatchObject({ code: 3 });
    expect(playground.leftovers()).toEqual(nothing);
  });

  test('takes code from a tool, and tells its events as JSON', async () => {
    const playground = new Playground();
    await using server = await scriptedModel('=== answer\ntool: run_python\n\nprint(6 * 7)\n');
    const run = await ask(playground, server, ['6 times 7', '--tool', '--json']);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    const lines = jsonLines(run.stdout);
    expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, index) => index));
    expect(lines[0]).toMatchObject({ type: 'attempt', attempt: 1, by: 'first' });
    expect(lines).toContainEqual(
      expect.objectContaining({
        type: 'output',
        attempt: 1,
        output: expect.objectContaining({ text: '42\n' }),
      }),
    );
    expect(lines.at(-1)).toMatchObject({ type: 'solved', program: 'print(6 * 7)\n' });
    expect(server.requests[0]?.body.tools).toBeDefined();
  });

  test('continues a conversation with its variables, and repeats no effect', async () => {
    const playground = new Playground();
    const first = 'x = 20\nwith open("log.txt", "a") as log:\n    log.write("once\\n")\n';
    await using server = await scriptedModel(script(fenced(first), fenced('print(x + 1)\n')));
    expect(await ask(playground, server, ['Remember 20.'])).toMatchObject({ code: 0 });
    const run = await ask(playground, server, ['Add one.', '--continue']);
    expect(run, run.stderr).toMatchObject({ code: 0, stdout: '21\n' });
    expect(run.stderr).toMatch(/Running the earlier statements.*without.*log\.txt/);
    expect(readFileSync(playground.path('log.txt'), 'utf8')).toBe('once\n');
    expect(JSON.stringify(server.requests[1]?.body.messages)).toContain('Remember 20.');
  });

  test('continues on the kernel of a server, where nothing runs again', async () => {
    await using jupyter = await JupyterServer.start();
    const { id } = (await jupyter.api('POST', 'kernels', {})) as { id: string };
    const playground = new Playground();
    await using server = await scriptedModel(script(fenced('x = 20\n'), fenced('print(x + 1)\n')));
    const there = ['--server', jupyter.url, '--token', jupyter.token];
    const first = await ask(playground, server, ['Remember 20.', ...there, '--kernel', id]);
    expect(first, first.stderr).toMatchObject({ code: 0 });
    const run = await ask(playground, server, ['Add one.', '--continue', ...there]);
    expect(run, run.stderr).toMatchObject({ code: 0, stdout: '21\n' });
    expect(run.stderr).not.toContain('again');
    const lost = await ask(playground, server, ['Add one.', '--continue']);
    expect(lost).toMatchObject({ code: 2, stderr: expect.stringContaining(`--server ${jupyter.url}`) });
  });

  test('ends with a report when the repairs are used up', async () => {
    const playground = new Playground();
    await using server = await scriptedModel(script(fenced('1 / 0\n'), fenced('[][1]\n')));
    const run = await ask(playground, server, ['Try.', '--repair', '1']);
    expect(run.code).toBe(3);
    expect(run.stderr).toMatch(/There were 2 attempts.*IndexError/);
    expect(run.stderr).toMatch(/1 {2}first .*ZeroDivisionError[^\n]*\n.*2 {2}resume .*IndexError/);
  });

  test('prints an answer without Python, and says so', async () => {
    const playground = new Playground();
    const javascript = 'Run this:\n\n```javascript\nconsole.log(1)\n```\n';
    await using server = await scriptedModel(script('Four.\n', javascript));
    const words = await ask(playground, server, ['2 + 2?']);
    expect(words).toMatchObject({ code: 0, stdout: 'Four.\n' });
    expect(words.stderr).toContain('the answer has no code; nothing was run');
    const other = await ask(playground, server, ['Print 1.']);
    expect(other.code).toBe(0);
    expect(other.stdout).toContain('console.log(1)');
    expect(other.stderr).toContain('the answer has code in javascript and none in Python');
  });

  test('says that an answer came all at once, and what that costs', async () => {
    const playground = new Playground();
    const text = fenced(`print(1)\n${'# and so on\n'.repeat(60)}`);
    const lump = sayStart('chat', 'm', undefined) + sayToken('chat', 'm', undefined, text);
    const finish = sayFinish('chat', 'm', undefined, text, 'stop', 200);
    await using server = await modelServer(() => ({ steps: [{ waitMs: 400 }, lump, finish] }));
    const run = await ask(playground, server, ['At once.']);
    expect(run).toMatchObject({ code: 0, stdout: '1\n' });
    expect(run.stderr).toContain('The overlap was lost there, not here.');
  });

  test('ends at Ctrl-C, and leaves nothing', async () => {
    const playground = new Playground();
    await using server = await modelServer(() => ({ steps: ['hang'] }));
    const args = ['ask', 'Hi.', '--model', 'm', '--base-url', `${server.url}/v1`];
    const running = playground.start(args, { env: { EAGER_STATE: playground.path('state') } });
    await running.until(() => server.requests.length === 1, 'a request');
    running.kill('SIGINT');
    expect(await running.finished).toMatchObject({ code: 130, stdout: '' });
    expect(await server.requests[0]?.closedEarly).toBe(true);
    expect(playground.leftovers()).toEqual(nothing);
  });

  test('runs two blocks of one answer as one program', async () => {
    const playground = new Playground();
    await using server = await scriptedModel(
      script(`${fenced('x = 1\n')}And then:\n\n${fenced('print(x + 1)\n')}`),
    );
    expect(await ask(playground, server, ['Twice.'])).toMatchObject({ code: 0, stdout: '2\n' });
  });
});

describe('what cannot be asked', () => {
  const cases: readonly (readonly [title: string, reply: Reply, code: number, message: RegExp])[] = [
    [
      'a wrong key',
      json(401, { error: { message: 'Incorrect API key provided: sk-test-0123456789.' } }),
      1,
      /OPENAI_API_KEY/,
    ],
    ['an unknown model', json(404, { error: { code: 'model_not_found', message: 'no m' } }), 1, /no m|model/],
    [
      'a proxy that answers HTML',
      html('<html><h1>Sign in</h1></html>'),
      1,
      /HTML|page|no model API|base URL/i,
    ],
    ['a stream of garbage', { steps: ['data: {"choices": [\n\n', 'data: %%%\n\n'] }, 1, /\S/],
    ['silence', { steps: ['hang'] }, 1, /sent nothing for 0\.3 seconds/],
  ];
  test.each(cases)('%s', async (title, reply, code, message) => {
    const playground = new Playground();
    await using server = await modelServer(() => reply);
    const patience = title === 'silence' ? '0.3' : '30';
    const run = await ask(playground, server, ['Hi.', '--idle-timeout', patience]);
    expect(run).toMatchObject({ code, stdout: '' });
    expect(run.stderr).toMatch(message);
    expect(run.stderr).not.toMatch(/sk-test|\n {4}at /);
    expect(playground.leftovers()).toEqual(nothing);
  });

  test('what is refused before anything starts', async () => {
    const playground = new Playground();
    const none = { OPENAI_API_KEY: undefined, OPENAI_BASE_URL: undefined, ANTHROPIC_API_KEY: undefined };
    const env = { ...none, EAGER_STATE: playground.path('state') };
    const rows: readonly (readonly [args: string[], code: number, message: RegExp])[] = [
      [['ask', 'Hi.'], 2, /No model is named.*--model NAME/],
      [['ask', 'Hi.', '--model', 'm'], 1, /OPENAI_API_KEY/],
      [['ask', 'Hi.', '--model', 'm', '--base-url', 'nowhere'], 1, /nowhere/],
      [['ask', 'Hi.', '--model', 'm', '--base-url', 'http://x/v1', '--repair', '-1'], 2, /whole number/],
      [
        ['ask', 'Hi.', '--model', 'm', '--base-url', 'http://x/v1', '--continue'],
        1,
        /no conversation to continue/,
      ],
      [
        ['ask', 'Hi.', '--model', 'm', '--base-url', 'http://x/v1', '--attach', 'no.csv'],
        1,
        /no\.csv cannot be read/,
      ],
    ];
    for (const [args, code, message] of rows) {
      const run = await playground.run(args, { env });
      expect(run, args.join(' ')).toMatchObject({ code, stdout: '' });
      expect(run.stderr, args.join(' ')).toMatch(message);
    }
  });
});

function json(status: number, body: unknown): Reply {
  return { status, headers: { 'content-type': 'application/json' }, steps: [JSON.stringify(body)] };
}

function html(body: string): Reply {
  return { headers: { 'content-type': 'text/html' }, steps: [body] };
}
