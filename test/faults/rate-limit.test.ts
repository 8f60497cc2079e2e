import { type Notice, remoteKernel } from '@eager/execution';
import { describe, expect, it } from 'vitest';
import { runProgram, runSerially, textOf } from '../../packages/execution/src/program.fixture.js';
import { JupyterServer } from '../remote/jupyter-server.js';

describe.each([
  {
    option: 'iopub_data_rate_limit',
    value: 10_000,
    source: 'for i in range(50): print("x" * 1_000, flush=True)\n',
  },
  {
    option: 'iopub_msg_rate_limit',
    value: 5,
    source: 'for i in range(100): display(i)\n',
  },
])('a server whose $option is exceeded', ({ option, value, source }) => {
  it('has dropped outputs, which is said once, with the option to raise', async () => {
    await using server = await JupyterServer.start({ args: [`--ServerApp.${option}=${value}`] });
    await using kernel = remoteKernel(server.access);
    for (const run of [runProgram, runSerially]) {
      const notices: Notice[] = [];
      const subscription = kernel.notices$.subscribe((notice) => notices.push(notice));
      const outcome = await run(kernel, source);
      subscription.unsubscribe();
      expect(textOf(outcome, 'stderr')).toMatch(/^IOPub (data|message) rate exceeded\./);
      expect(notices).toEqual([
        { type: 'output lost', message: expect.stringContaining(`--ServerApp.${option}=`) },
      ]);
    }
  });

  it('does not stop a program that waits for its next statement', async () => {
    await using server = await JupyterServer.start({ args: [`--ServerApp.${option}=${value}`] });
    await using kernel = remoteKernel(server.access);
    const notices: Notice[] = [];
    kernel.notices$.subscribe((notice) => notices.push(notice));
    const outcome = await runProgram(kernel, `${source}print("next")\n${source}print("end")\n`, {
      feed: 'one by one',
    });
    expect(outcome.error).toBeNull();
    expect(outcome.events.filter(({ type }) => type === 'finished')).toHaveLength(4);
    expect(notices).toHaveLength(1);
  });

  it('is not taken for one by a program that prints the same', async () => {
    await using server = await JupyterServer.start();
    await using kernel = remoteKernel(server.access);
    const notices: Notice[] = [];
    kernel.notices$.subscribe((notice) => notices.push(notice));
    await runProgram(kernel, 'import sys; print("IOPub data rate exceeded.", file=sys.stderr)\n');
    expect(notices).toEqual([]);
  });
});
