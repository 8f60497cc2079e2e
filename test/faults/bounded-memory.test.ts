import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { python } from '../python.js';

/** What bounded-run.js has seen of a run. */
interface Report {
  readonly status: string;
  readonly error: string | null;
  /** Of the texts on stdout. */
  readonly stdoutBytes: number;
  /** No character on stdout is a half or a replacement of one. */
  readonly isWhole: boolean;
  readonly stderr: string;
  /** By MIME type: how many characters each display had. */
  readonly displays: readonly (readonly [type: string, length: number])[];
  readonly peakRssBytes: number;
  readonly seqIsGapless: boolean;
}

const TRUNCATED = /\[eager: the output of this run exceeds 20\.0 MB; .*--max-output MB, maxOutputBytes.*\]\n/;

describe('a run with 20 MB for its output, in a process with 150 MB of heap', () => {
  it('cuts 200 MB of text between two characters', async () => {
    const report = await run('for i in range(2000): print("é" * 50_000)\n\n"the end"\n');
    expect(report).toMatchObject({ status: 'ok', isWhole: true });
    expect(report.stdoutBytes).toBeGreaterThan(19_000_000);
    expect(report.stdoutBytes).toBeLessThanOrEqual(20_000_000);
    expect(report.stderr).toMatch(TRUNCATED);
    expect(report.stderr).toMatch(/\[eager: truncated: 1\d\d\.\d MB of text left out\.\]\n$/);
    expect(report.displays).toEqual([['text/plain', "'the end'".length]]);
  });

  it('cuts 200 MB that are printed at once', async () => {
    const report = await run('print("😀" * 50_000_000)\n');
    expect(report).toMatchObject({ status: 'ok', isWhole: true });
    expect(report.stdoutBytes).toBeGreaterThan(19_900_000);
    expect(report.stderr).toMatch(/truncated: 180\.0 MB of text left out/);
  });

  it('takes an image whole or not at all, and what fits after it', async () => {
    const source = `
import base64
def show(size): display({"image/png": base64.b64encode(bytes(size)).decode()}, raw=True)
show(3_000_000)
show(50_000_000)
show(3_000_000)
print("after")
`;
    const report = await run(source);
    expect(report.displays).toEqual([
      ['image/png', 4_000_000],
      ['image/png', 4_000_000],
    ]);
    expect(report.stderr).toMatch(/truncated: 1 display of 66\.7 MB left out/);
    expect(report.stdoutBytes).toBe('after\n'.length);
  });

  it('shows the error that ends a program after all that', async () => {
    const report = await run('print("x" * 30_000_000)\n1 / 0\n');
    expect(report).toMatchObject({ status: 'error', error: 'division by zero' });
    expect(report.stderr).toMatch(TRUNCATED);
  });

  it('shortens an error of 100 MB in its middle', async () => {
    const report = await run('raise ValueError("y" * 100_000_000)\n');
    expect(report.status).toBe('error');
    expect(report.error).toMatch(/^y{125000} \[… 99,750,000 characters …\] y{125000}$/);
  });

  it('counts empty displays by what they cost', async () => {
    const report = await run('for i in range(3_000): display({"a/b": ""}, raw=True)\n', {
      MAX_OUTPUT_BYTES: `${1_000_000}`,
    });
    expect(report.displays.length).toBeGreaterThan(1_000);
    expect(report.displays.length).toBeLessThan(2_000);
    expect(report.stderr).toMatch(/truncated: 1,\d\d\d displays of/);
  });

  it('lets binary buffers of widgets pass without keeping them', async () => {
    const source = `
from comm import create_comm
comm = create_comm(target_name="t", data={})
for i in range(20): comm.send({}, buffers=[bytes(10_000_000)])
print("done")
`;
    const report = await run(source);
    expect(report).toMatchObject({ status: 'ok', stderr: '', stdoutBytes: 5 });
  });

  it('keeps no more for a subscriber that is slow', async () => {
    const report = await run('for i in range(2000): print("x" * 100_000)\n', { EVENT_PAUSE_MS: '5' });
    expect(report).toMatchObject({ status: 'ok', isWhole: true, seqIsGapless: true });
    expect(report.stderr).toMatch(/truncated: 180\.\d MB of text left out/);
  });
});

const child = fileURLToPath(new URL('bounded-run.js', import.meta.url));

/** Runs a program in a process of its own, which ends by itself when it needs more memory than it may have. */
async function run(source: string, env: Readonly<Record<string, string>> = {}): Promise<Report> {
  const { stdout, stderr, code } = await new Promise<{ stdout: string; stderr: string; code: number | null }>(
    (resolve) => {
      const process_ = spawn(process.execPath, ['--max-old-space-size=150', child, python, source], {
        env: { ...process.env, ...env },
      });
      onTestFinished(() => void process_.kill('SIGKILL'));
      let stdout = '';
      let stderr = '';
      process_.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
      });
      process_.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
      });
      process_.once('close', (code) => resolve({ stdout, stderr, code }));
    },
  );
  if (code !== 0) throw new Error(`The process ended with ${code}:\n${stderr.slice(-2000)}`);
  const report = JSON.parse(stdout) as Report;
  // Node itself has 60 MB, and buffers are outside of the heap.
  expect(report.peakRssBytes).toBeLessThan(400e6);
  return report;
}
