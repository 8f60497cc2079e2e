import { type RunEvent, run$, runSerially$ } from '@eager/engine';
import { type Recording, record as recordText, startClock } from '@eager/generation';
import { lastValueFrom, tap } from 'rxjs';
import { eventLines } from '../event-json.js';
import { CommandError, EXIT } from '../exit-codes.js';
import { type GateName, policyOf, terminalPrompt } from '../gate-options.js';
import { type KernelOptions, openKernel } from '../kernel-options.js';
import { type LimitOptions, runLimits, withTimeout } from '../limits.js';
import { programSource, type SourceOptions } from '../program-source.js';
import { RunRecord } from '../run-record.js';
import { checkSaveOptions, type SaveOptions, saveNotebook, saveRecording, saveTimeline } from '../save.js';
import { type RunView, runView, summaryLines, themeFor } from '../terminal/index.js';

export interface RunCommandOptions extends SourceOptions, KernelOptions, SaveOptions, LimitOptions {
  readonly gate: GateName;
  readonly serial?: boolean | undefined;
  readonly stopOnError?: boolean | undefined;
  readonly statementTimeout?: number | undefined;
  readonly json?: boolean | undefined;
}

/** `eager run [FILE|-]`: runs code while it arrives. */
export async function runCommand(
  file: string,
  options: RunCommandOptions,
  signal: AbortSignal,
): Promise<number> {
  if (options.serial && options.statementTimeout !== undefined) {
    throw new CommandError('A serial run is one statement to the kernel: use --timeout instead.', EXIT.usage);
  }
  await checkSaveOptions(options);
  let recording: Recording | undefined;
  const keepText = recordText(file, (text) => {
    recording = text;
  });
  const source = await programSource(file, options, keepText);
  // Python starts while the first token is on its way.
  const opened = await openKernel(options, signal);
  await using kernel = opened.kernel;
  const limited = withTimeout(signal, options.timeout);
  const record = new RunRecord();
  using view = options.json ? jsonView() : runView();
  const input = terminalPrompt(file, view);
  const policy = policyOf(options.gate, input);
  const notices = opened.notices$.subscribe((line) => {
    void view.paused(async () => process.stderr.write(`eager: ${line}\n`));
  });

  const clock = startClock();
  const run = options.serial ? runSerially$ : run$;
  const events$ = run(source(clock), kernel, {
    clock,
    policy,
    signal: limited,
    stopOnError: options.stopOnError ?? false,
    ...runLimits(options),
    ...(options.statementTimeout !== undefined && { statementTimeoutMs: options.statementTimeout * 1000 }),
    ...(input && { input }),
  });
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
    throw record.timeline.summary?.reason ?? error;
  } finally {
    notices.unsubscribe();
    if (options.record !== undefined && recording) await saveRecording(options.record, recording);
    if (options.save !== undefined) await saveNotebook(options.save, record, await opened.pythonVersion());
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
  if (timeline.summary?.status === 'interrupted') throw timeline.summary.reason;
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
