import { type RunEvent, run$, runSerially$ } from '@eager/engine';
import { embeddedKernel } from '@eager/execution';
import { startClock } from '@eager/generation';
import { lastValueFrom, tap } from 'rxjs';
import { endAfterInterrupt } from '../end-after-interrupt.js';
import { eventLines } from '../event-json.js';
import { EXIT } from '../exit-codes.js';
import { type GateName, policyOf, terminalPrompt } from '../gate-options.js';
import { programSource, type SourceOptions } from '../program-source.js';
import { choosePython, type PythonOptions } from '../python-options.js';
import { RunRecord } from '../run-record.js';
import { checkSaveOptions, type SaveOptions, saveNotebook, saveTimeline } from '../save.js';
import { type RunView, runView, summaryLines, themeFor } from '../terminal/index.js';
import { withTimeout } from '../with-timeout.js';

export interface RunCommandOptions extends SourceOptions, PythonOptions, SaveOptions {
  readonly gate: GateName;
  readonly serial?: boolean | undefined;
  readonly stopOnError?: boolean | undefined;
  readonly timeout?: number | undefined;
  readonly json?: boolean | undefined;
}

/** `eager run [FILE|-]`: runs code while it arrives. */
export async function runCommand(
  file: string,
  options: RunCommandOptions,
  signal: AbortSignal,
): Promise<number> {
  await checkSaveOptions(options);
  const source = await programSource(file, options);
  const python = await choosePython(options, signal);
  const limited = withTimeout(signal, options.timeout);
  const record = new RunRecord();
  using view = options.json ? jsonView() : runView();
  const input = terminalPrompt(file, view);
  const policy = policyOf(options.gate, input);

  // Python starts while the first token is on its way.
  await using kernel = embeddedKernel({ python: python.python });
  const clock = startClock();
  const run = options.serial ? runSerially$ : run$;
  const events$ = run(source(clock), kernel, {
    clock,
    policy,
    signal: limited,
    stopOnError: options.stopOnError ?? false,
    ...(input && { input }),
  });
  using _force = endAfterInterrupt(limited, kernel);
  try {
    await lastValueFrom(
      events$.pipe(
        tap((event) => {
          record.add(event);
          view.next(event);
        }),
      ),
    );
  } catch (error) {
    // A program that ignores the interrupt loses its kernel; why it was interrupted says more.
    throw limited.aborted ? limited.reason : error;
  } finally {
    if (options.save !== undefined) await saveNotebook(options.save, record, python);
    if (options.timeline !== undefined) {
      const label = options.serial ? 'Serial' : 'Eager';
      await saveTimeline(options.timeline, [{ label, timeline: record.timeline }], file);
    }
  }

  const { timeline } = record;
  if (!options.json) {
    const lines = summaryLines(timeline, themeFor(process.stderr, process.env));
    process.stderr.write(`${lines.join('\n')}\n`);
    if (timeline.statements.length === 0) {
      process.stderr.write('eager: the program has no statements; nothing was run.\n');
    }
  }
  if (limited.aborted) throw limited.reason;
  return timeline.summary?.status === 'error' ? EXIT.pythonError : EXIT.ok;
}

function jsonView(): RunView {
  const toLine = eventLines();
  return {
    next: (event: RunEvent) => {
      const line = toLine(event);
      if (line !== undefined) process.stdout.write(line);
    },
    paused: (work) => work(),
    [Symbol.dispose]: () => {},
  };
}
