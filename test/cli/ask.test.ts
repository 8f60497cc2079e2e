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

/** An environment in which no model is set up. */
const noModel = {
  ...{ OPENAI_API_KEY: undefined, OPENAI_BASE_URL: undefined, OPENAI_MODEL: undefined },
  ...{ ANTHROPIC_API_KEY: undefined, ANTHROPIC_BASE_URL: undefined, ANTHROPIC_MODEL: undefined },
};

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
    expect(run.stderr).toMatch(/2 {2}resume .* 2 statements kept {2}✓ ran to its end/);

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

  test.each<readonly [path: string, args: readonly string[], env: (url: string) => Record<string, string>]>([
    [
      '/v1/chat/completions',
      [],
      (url) => ({ OPENAI_API_KEY: 'sk-1', OPENAI_BASE_URL: `${url}/v1`, OPENAI_MODEL: 'm' }),
    ],
    [
      '/v1/responses',
      ['--model', 'm', '--api', 'responses'],
      (url) => ({ OPENAI_API_KEY: 'sk-1', OPENAI_BASE_URL: `${url}/v1` }),
    ],
    [
      '/v1/messages',
      ['--model', 'claude-m'],
      (url) => ({ ANTHROPIC_API_KEY: 'sk-1', ANTHROPIC_BASE_URL: url }),
    ],
  ])('asks at %s, as the environment says', async (path, args, env) => {
    const playground = new Playground();
    await using server = await scriptedModel(script(fenced('print(6 * 7)\n')));
    const run = await playground.run(['ask', '6 times 7', ...args], {
      env: { ...noModel, EAGER_STATE: playground.path('state'), ...env(server.url) },
    });
    expect(run, run.stderr).toMatchObject({ code: 0, stdout: '42\n' });
    expect(server.requests).toMatchObject([{ path }]);
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
    expect(run.stderr).toContain('1 of its 2 statements run again');
    expect(run.stderr).toContain('Left out: with open("log.txt", "a") as log: (writes file "log.txt")');
    expect(readFileSync(playground.path('log.txt'), 'utf8')).toBe('once\n');
    expect(JSON.stringify(server.requests[1]?.body.messages)).toContain('Remember 20.');
    expect(lastWords(server, 1)).toMatch(/new one.*Left out: writes file.*with open/);
  });

  test('continues without what would have an effect that nobody foresaw, and what fails', async () => {
    // The effect is in a file of the user's, and it comes when the gate asks no more.
    const playground = new Playground({
      'shop.py': 'def note():\n    open("log.txt", "a").write("once\\n")\n    return 7\n',
    });
    const first = 'import shop\nnumber = shop.note()\ndouble = number * 2\nrest = 20\nprint(double)\n';
    await using server = await scriptedModel(
      script(fenced(first), fenced('print(rest)\n'), fenced('print(rest)\n')),
    );
    expect(await ask(playground, server, ['Note it.', '--gate', 'off'])).toMatchObject({
      code: 0,
      stdout: '14\n',
    });
    for (const [request, json] of [
      [1, []],
      [2, ['--json']],
    ] as const) {
      const run = await ask(playground, server, ['Go on.', '--continue', ...json]);
      expect(run, run.stderr).toMatchObject({ code: 0, stdout: expect.stringMatching(/20(?:\\n"|\n$)/m) });
      expect(run.stderr).toMatch(/Left out: number = shop\.note\(\) \(PermissionError: .*log\.txt.*\n/);
      expect(run.stderr).toContain("Left out: double = number * 2 (NameError: name 'number' is not defined)");
      expect(lastWords(server, request)).toContain('number = shop.note()');
    }
    expect(readFileSync(playground.path('log.txt'), 'utf8')).toBe('once\n');
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

  const failing: readonly (readonly [
    why: string,
    script: string,
    args: readonly string[],
    code: number,
    report: RegExp,
  ])[] = [
    [
      'the repairs are used up',
      script(fenced('1 / 0\n'), fenced('[][1]\n')),
      ['--repair', '1'],
      3,
      / 1 {2}first .* out {2}✗ ZeroDivisionError[^\n]*\n {2}2 {2}resume .*✗ IndexError[\s\S]*There were 2 attempts.*IndexError/,
    ],
    [
      'the same error comes back',
      script(...Array(3).fill(fenced('x = 1\nx["a"]\n'))),
      ['--repair', '9'],
      3,
      / 3 {2}resume .* 1 statement kept {2}✗ TypeError[^\n]*\n {2}Beside .* saved at least[\s\S]*\neager: The same error came back 3 times: TypeError/,
    ],
    [
      'the tokens are used up',
      script(fenced('1 / 0\n')),
      ['--max-tokens', '5'],
      1,
      / 1 {2}first .* tokens out {2}✗ ZeroDivisionError[\s\S]*\neager: The answers have \d+ tokens, and 5 are allowed/,
    ],
    [
      'the model has no repair',
      script(fenced('1 / 0\n'), 'That has no answer.\n'),
      [],
      3,
      / 1 {2}first .*✗ ZeroDivisionError[^\n]*\n {2}2 {2}resume .* – no code[\s\S]*\neager: To ZeroDivisionError.* answered without code/,
    ],
    [
      'the model fails in a repair',
      `${script(fenced('x = 1\n1 / 0\n'))}=== answer\nstatus: 400\n\nNo more.\n`,
      [],
      1,
      / 1 {2}first .*✗ ZeroDivisionError[^\n]*\n {2}2 {2}resume .* 1 statement kept {2}✗ broken off, 0 statements had run\n {2}Beside .*\neager: .*“No more\.”/,
    ],
    [
      'an answer is cut',
      `=== answer\nrate: 200\ncut-after: 200\n\n${fenced(`print(1)\n${'# and so on\n'.repeat(50)}`)}`,
      [],
      1,
      / 1 {2}first .* \d+ tokens out {2}✗ broken off, [01] statements? had run\n[\s\S]*eager: The connection ended before/,
    ],
    [
      'an answer is too long',
      `=== answer\nfinish: length\n\n${fenced('print(1)\n')}`,
      [],
      1,
      / 1 {2}first .* \d+ tokens out {2}✗ broken off[\s\S]*eager: The answer was cut because it reached the most tokens/,
    ],
  ];
  test.each(failing)(
    'ends with what each attempt cost and saved when %s',
    async (_, text, args, code, report) => {
      const playground = new Playground();
      await using server = await scriptedModel(text);
      const run = await ask(playground, server, ['Try.', ...args]);
      expect(run.stderr).toMatch(report);
      expect(run.code).toBe(code);
    },
  );

  test('tells the same to programs when the model fails', async () => {
    const playground = new Playground();
    const text = `${script(fenced('x = 1\n1 / 0\n'))}=== answer\nstatus: 400\n\nNo more.\n`;
    await using server = await scriptedModel(text);
    const run = await ask(playground, server, ['Try.', '--json']);
    expect(run).toMatchObject({ code: 1, stderr: expect.stringMatching(/^eager: .*“No more\.”\.\n$/) });
    expect(jsonLines(run.stdout).at(-1)).toMatchObject({
      type: 'failed',
      reason: { kind: 'model' },
      attempts: [
        {
          outcome: 'error',
          problem: expect.stringContaining('ZeroDivisionError'),
          outputTokens: expect.any(Number),
        },
        { outcome: 'broken off', outputTokens: 0, kept: 1 },
      ],
      saved: {
        outputTokens: expect.any(Number),
        durationMs: expect.any(Number),
        stopped: expect.any(Number),
      },
    });
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
    const run = await ask(playground, server, ['Twice.']);
    expect(run).toMatchObject({ code: 0, stdout: '2\n' });
    expect(run.stderr).toContain(
      'the answer has 2 blocks of Python; they ran as one program, in their order',
    );
    expect(run.stderr).toMatch(/ 1 {2}first .* tokens in, \d+ tokens out {2}✓ ran to its end/);
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
    const env = { ...noModel, EAGER_STATE: playground.path('state') };
    const rows: readonly (readonly [args: string[], code: number, message: RegExp])[] = [
      [['ask', ' ', '--model', 'm'], 2, /The prompt is empty/],
      [['ask', 'Hi.'], 2, /No model is named.*--model NAME/],
      [['ask', 'Hi.', '--model', 'm'], 1, /OPENAI_API_KEY/],
      [['ask', 'Hi.', '--model', 'm', '--base-url', 'nowhere'], 1, /nowhere/],
      [['ask', 'Hi.', '--model', 'm', '--base-url', 'http://x/v1', '--repair', '-1'], 2, /whole number/],
      [['ask', 'Hi.', '--model', 'm', '--base-url', 'http://x/v1', '--max-tokens', '0'], 2, /whole number/],
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
