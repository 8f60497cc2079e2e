import { readFileSync, writeFileSync } from 'node:fs';
import { parseRecording } from '@eager/generation';
import { describe, expect, test } from 'vitest';
import { jsonLines, Playground } from './eager.js';
import { endOf, expectRunLines, ofType } from './events.js';

const answer = 'Here:\n\n```python\nprint("é 🐍")\n```\n\nDone.\n';

describe('run --record', () => {
  test('keeps the text as it arrived, and the recording runs again at its own pace', async () => {
    const playground = new Playground({ 'a.md': answer });
    const first = await playground.run(['run', 'a.md', '--rate', '50', '--record', 'new/r.ndjson', '--json']);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    const recording = parseRecording(readFileSync(playground.path('new/r.ndjson'), 'utf8'));
    expect(recording.tokens.map(({ text }) => text).join('')).toBe(answer);
    expect(recording.failure).toBeUndefined();

    const again = await playground.run(['run', 'new/r.ndjson', '--json']);
    expect(again.code).toBe(0);
    const [before, after] = [first, again].map(({ stdout }) => expectRunLines(jsonLines(stdout)));
    const outputs = (lines: typeof before) => ofType(lines ?? [], 'output').map(({ output }) => output);
    expect(outputs(after)).toEqual([{ output_type: 'stream', name: 'stdout', text: 'é 🐍\n' }]);
    expect(outputs(after)).toEqual(outputs(before));
    // No token comes before its time.
    expect(endOf(after ?? []).generationMs).toBeGreaterThanOrEqual(recording.tokens.at(-1)?.atMs ?? 0);
  });

  test('a text that broke off does not pass for a whole one when it is replayed', async () => {
    const playground = new Playground();
    const bytes = Buffer.concat([Buffer.from('print(1)\nx = '), Buffer.of(0xff)]);
    const first = await playground.run(['run', '-', '--record', 'r.ndjson'], { input: bytes });
    expect(first.code).toBe(1);
    expect(parseRecording(readFileSync(playground.path('r.ndjson'), 'utf8')).failure).toContain('UTF-8');
    const again = await playground.run(['run', 'r.ndjson', '--json']);
    expect(again.code).toBe(1);
    expect(again.stderr).toContain('The recording is of a text that broke off: ');
    expect(endOf(expectRunLines(jsonLines(again.stdout))).status).toBe('aborted');
  });

  test('refuses a place where nothing can be written before it runs anything', async () => {
    const playground = new Playground({ 'p.py': 'print(1)\n' });
    writeFileSync(playground.path('file'), '');
    const run = await playground.run(['run', 'p.py', '--record', 'file/r.ndjson']);
    expect(run).toMatchObject({ code: 1, stdout: '' });
    expect(run.stderr).toMatch(/file\/r\.ndjson cannot be written/);
  });
});
