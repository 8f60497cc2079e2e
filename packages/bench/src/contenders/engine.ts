import { CellOutputs, type RunEvent, run$, runSerially$, Timeline } from '@eager/engine';
import type { Kernel } from '@eager/execution';
import { fromRecording, startClock, type Token } from '@eager/generation';
import { filter, firstValueFrom } from 'rxjs';
import type { Contender, RunResult, Session } from './contender.js';
import { startCpuTime } from './cpu-time.js';

export const serial: Contender = {
  label: 'Serial',
  about: 'waits for the whole program, then runs it by one request, as most do',
  open: (environment) => sessionOn(environment.openKernel(), runSerially$),
};

export const streamedCell: Contender = {
  label: 'Eager',
  about: 'the streamed cell with the default gate',
  open: (environment) => sessionOn(environment.openKernel(), run$),
};

export const requestPerBatch: Contender = {
  label: 'Request per batch',
  about: 'Eager’s way for kernels that cannot take a streamed cell: an ordinary request for each batch',
  open: (environment) => sessionOn(environment.openKernel('refused'), run$),
};

async function sessionOn(kernel: Kernel, run: typeof run$): Promise<Session> {
  await firstValueFrom(kernel.status$.pipe(filter((status) => status === 'idle' || status === 'dead')));
  return {
    run: (tokens: readonly Token[]) => measured(tokens, kernel, run),
    [Symbol.asyncDispose]: () => kernel[Symbol.asyncDispose](),
  };
}

async function measured(tokens: readonly Token[], kernel: Kernel, run: typeof run$): Promise<RunResult> {
  const cpuMs = await startCpuTime(tokens);
  const clock = startClock();
  const outputs = new CellOutputs();
  let timeline = Timeline.empty;
  const tokens$ = fromRecording({ model: 'paced', ttftMs: tokens[0]?.atMs ?? 0, tokens }, { clock });
  await run(tokens$, kernel, { clock }).forEach((event: RunEvent) => {
    timeline = timeline.add(event);
    if (event.type === 'output') outputs.add(event.output);
  });
  const engineCpuMs = cpuMs();
  const { summary, statements, bounds, predictedMs, deviation } = timeline;
  if (!summary) throw new Error('The run did not end.');
  const { status, generationMs, executionMs, endToEndMs, batches } = summary;
  return {
    ...{ status, generationMs, executionMs, endToEndMs, batches, engineCpuMs },
    statements: statements.length,
    heldMs: statements.reduce((sum, { held }) => {
      return sum + (held === undefined ? 0 : (held.toMs ?? endToEndMs) - held.fromMs);
    }, 0),
    model: { lowerMs: bounds.lowerMs, predictedMs, deviation: deviation?.span ?? null },
    outputs: outputs.toArray(),
  };
}
