import { resolve } from 'node:path';
import {
  finalOutputs,
  pythonPrompt,
  run$,
  type Solution,
  type SolveEvent,
  solve,
  type Way,
} from '@eager/engine';
import type { Kernel } from '@eager/execution';
import { describeQuality, fromText, type Message, ModelError, streamQuality } from '@eager/generation';
import { lastValueFrom, tap } from 'rxjs';
import { type AskView, askLines, askView } from '../ask/ask-view.js';
import { describeAttachment } from '../ask/attachment.js';
import { attemptLines } from '../ask/attempt-table.js';
import { Attempts } from '../ask/attempts.js';
import { type Conversation, loadConversation, saveConversation } from '../ask/conversation.js';
import { chooseModel, type ModelFlags } from '../ask/model-options.js';
import { CommandError, EXIT } from '../exit-codes.js';
import { type GateName, policyOf, terminalPrompt } from '../gate-options.js';
import { type KernelOptions, openKernel } from '../kernel-options.js';
import { type LimitOptions, runLimits, withTimeout } from '../limits.js';
import { checkSaveOptions, type SaveOptions, saveNotebook, saveRecording, saveTimeline } from '../save.js';
import { isKernelId } from '../server-options.js';
import { summaryLines, themeFor } from '../terminal/index.js';

export interface AskCommandOptions extends ModelFlags, KernelOptions, SaveOptions, LimitOptions {
  readonly attach?: readonly string[] | undefined;
  /** The code is asked for as the argument of a tool. */
  readonly tool?: boolean | undefined;
  readonly continue?: boolean | undefined;
  /** How many repairs there may be. */
  readonly repair: number;
  readonly repairBy: Way | 'auto';
  readonly gate: GateName;
  readonly statementTimeout?: number | undefined;
  readonly json?: boolean | undefined;
}

/** `eager ask PROMPT`: asks a model, runs its answer while it is written, and has it repaired. */
export async function askCommand(
  prompt: string,
  options: AskCommandOptions,
  signal: AbortSignal,
): Promise<number> {
  await checkSaveOptions(options);
  const model = chooseModel(options);
  const earlier = options.continue ? await loadConversation() : undefined;
  const where = withKernelOf(earlier, options);
  const question = await withAttachments(prompt, options);

  const opened = await openKernel(where, signal);
  await using kernel = opened.kernel;
  using view = options.json ? askLines() : askView(model.name);
  const input = terminalPrompt('', view);
  const policy = policyOf(options.gate, input);
  const limited = withTimeout(signal, options.timeout);
  const notices = opened.notices$.subscribe((line) => view.note(line));
  const running = { policy, signal: limited, ...runLimits(options), ...(input && { input }) };
  if (earlier && !staysOpen(where)) await runAgain(earlier, kernel, { ...running, view });

  const attempts = new Attempts(model.name);
  const form = options.tool ? 'tool' : 'fences';
  const messages: Message[] = [...(earlier?.messages ?? []), { role: 'user', content: question }];
  const events$ = solve(
    { system: pythonPrompt(form), messages },
    {
      ...{ model, kernel, form, ...running },
      limits: { attempts: options.repair + 1 },
      ...(options.repairBy !== 'auto' && { repairBy: options.repairBy }),
      ...(options.statementTimeout !== undefined && { statementTimeoutMs: options.statementTimeout * 1000 }),
      // What a conversation has left on its kernel would be missing on another.
      ...(!staysOpen(where) && !earlier && { freshKernel: () => freshKernel(where, signal) }),
    },
  );
  let end: Ended | undefined;
  try {
    await lastValueFrom(
      events$.pipe(
        tap((event) => {
          attempts.add(event);
          view.next(event);
          if (event.type === 'solved' || event.type === 'failed') end = event;
        }),
      ),
    );
  } catch (error) {
    if (limited.aborted) throw limited.reason;
    throw error instanceof ModelError ? asCommandError(error) : error;
  } finally {
    notices.unsubscribe();
    if (end)
      await keep(end, prompt, { attempts, options, earlier, where, pythonVersion: opened.pythonVersion });
  }
  if (!end) throw new CommandError('The model gave no answer.');
  if (!options.json) process.stderr.write(`${endLines(end, attempts).join('\n')}\n`);
  if (end.type === 'solved') return EXIT.ok;
  if (limited.aborted) throw limited.reason;
  if (!options.json) process.stderr.write(`eager: ${end.reason.message}\n`);
  return ['attempts', 'same error'].includes(end.reason.kind) ? EXIT.pythonError : EXIT.failure;
}

type Ended = Extract<SolveEvent, { type: 'solved' | 'failed' }>;

/** Whether the kernel was there before, and will be when the command has ended. */
function staysOpen({ server, kernel, session }: KernelOptions): boolean {
  return server !== undefined && (session !== undefined || (kernel !== undefined && isKernelId(kernel)));
}

/** A conversation goes on where its kernel is. */
function withKernelOf(earlier: Conversation | undefined, options: AskCommandOptions): AskCommandOptions {
  if (!earlier?.kernel || options.kernel !== undefined || options.session !== undefined) return options;
  const { server, kernel, session } = earlier.kernel;
  if (options.server === undefined) {
    throw new CommandError(
      `The conversation's kernel is on ${server}. Continue it with --server ${server}.`,
      EXIT.usage,
    );
  }
  return options.server === server ? { ...options, kernel, session } : options;
}

async function withAttachments(prompt: string, { attach = [], server }: AskCommandOptions): Promise<string> {
  // The folders of a server are not ours: there a path means what it means to the kernel.
  const descriptions = await Promise.all(
    attach.map((file) => describeAttachment(file, server === undefined ? resolve(file) : file)),
  );
  return [prompt, ...descriptions].join('\n\n');
}

async function freshKernel(options: KernelOptions, signal: AbortSignal) {
  const { kernel } = await openKernel(options, signal);
  return { kernel, [Symbol.asyncDispose]: () => kernel[Symbol.asyncDispose]() };
}

/** Gives a new kernel the state that the conversation has left, as far as that changes nothing outside. */
async function runAgain(
  { statements }: Conversation,
  kernel: Kernel,
  { view, ...options }: Parameters<typeof run$>[2] & { view: AskView },
): Promise<void> {
  if (statements.length === 0) return;
  const harmless = statements.filter(({ effects }) => effects.length === 0);
  const left = statements.flatMap(({ effects }) => effects);
  view.note(
    `Running the earlier statements of the conversation again, on a new kernel` +
      `${left.length > 0 ? `, without those that changed something outside (${left.join(', ')})` : ''} …`,
  );
  const program = harmless.map(({ source }) => source).join('');
  let failed: string | undefined;
  await run$(fromText(program, { tokensPerSecond: Number.POSITIVE_INFINITY }), kernel, options).forEach(
    (event) => {
      if (event.type === 'error') failed = `${event.ename}: ${event.evalue} (${event.chunk?.code.trim()})`;
    },
  );
  if (failed === undefined) return;
  throw new CommandError(
    `The conversation cannot be continued, because its statements do not run again: ${failed}. ` +
      'Ask anew; a kernel of a server that runs already (--server, --kernel) keeps its state.',
  );
}

async function keep(
  end: Ended,
  prompt: string,
  context: {
    readonly attempts: Attempts;
    readonly options: AskCommandOptions;
    readonly earlier: Conversation | undefined;
    readonly where: KernelOptions;
    readonly pythonVersion: () => Promise<string>;
  },
): Promise<void> {
  const { attempts, options, earlier, where } = context;
  if (options.record !== undefined) {
    for (const [index, recording] of attempts.recordings.entries()) {
      await saveRecording(numbered(options.record, index), recording);
    }
  }
  if (options.save !== undefined) {
    const { program: source, outputs } = end;
    const notebook = { source, outputs: finalOutputs(outputs), markdown: prompt };
    await saveNotebook(options.save, notebook, await context.pythonVersion());
  }
  if (options.timeline !== undefined) {
    const runs = attempts.runs.filter(({ timeline }) => timeline.statements.length > 0);
    const labelled = runs.map(({ timeline }, index) => ({ label: `Attempt ${index + 1}`, timeline }));
    await saveTimeline(options.timeline, labelled, prompt);
  }
  await saveConversation(conversationOf(end, earlier, where));
}

function conversationOf(
  { messages, statements }: Solution,
  earlier: Conversation | undefined,
  where: KernelOptions,
): Conversation {
  const { server, kernel, session } = where;
  const ran = statements.map(({ source, effects }) => ({ source, effects: effects.map(({ what }) => what) }));
  return {
    messages,
    statements: [...(earlier?.statements ?? []), ...ran],
    ...(staysOpen(where) && server !== undefined && { kernel: { server, kernel, session } }),
  };
}

/** `answer.ndjson`, `answer-2.ndjson`, … */
function numbered(file: string, index: number): string {
  return index === 0 ? file : file.replace(/(\.[^./\\]*)?$/, `-${index + 1}$1`);
}

function endLines(end: Ended, attempts: Attempts): string[] {
  const theme = themeFor(process.stderr, process.env);
  const last = attempts.runs.at(-1);
  const quality = attempts.arrivals.map((tokens) => describeQuality(streamQuality(tokens))).find(Boolean);
  const isOneRun = end.attempts.length === 1 && last !== undefined && last.timeline.statements.length > 0;
  return [
    ...(isOneRun ? summaryLines(last.timeline, theme) : attemptLines(end.attempts, theme)),
    ...(quality === undefined ? [] : [`eager: ${quality}`]),
    ...withoutCode(end),
  ];
}

/** What to tell of an answer in which there was nothing to run. */
function withoutCode({ type, answer, attempts }: Ended): string[] {
  if (type !== 'solved' || attempts.at(-1)?.outcome !== 'no code') return [];
  const languages = [...answer.matchAll(/^ {0,3}(?:```|~~~)\s*([\w+#.-]+)/gm)].map(
    ([, language]) => language,
  );
  const [language] = languages;
  if (language === undefined) return ['eager: the answer has no code; nothing was run.'];
  return [`eager: the answer has code in ${language} and none in Python; nothing was run.`];
}

function asCommandError(error: ModelError): CommandError {
  return new CommandError(error.message);
}
