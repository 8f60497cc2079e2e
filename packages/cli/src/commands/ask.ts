import { resolve } from 'node:path';
import { finalOutputs, pythonPrompt, type Solution, type SolveEvent, solve, type Way } from '@eager/engine';
import type { Kernel } from '@eager/execution';
import { describeQuality, type Message, ModelError, streamQuality } from '@eager/generation';
import { lastValueFrom, tap } from 'rxjs';
import { type AskView, askLines, askView } from '../ask/ask-view.js';
import { describeAttachment, packagesToRead } from '../ask/attachment.js';
import { attemptLines } from '../ask/attempt-table.js';
import { Attempts } from '../ask/attempts.js';
import { type Conversation, loadConversation, saveConversation } from '../ask/conversation.js';
import { chooseModel, type ModelFlags } from '../ask/model-options.js';
import { remarksOn } from '../ask/remarks.js';
import { aboutNewKernel, harmlessOf, runAgain } from '../ask/run-again.js';
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
  /** What all answers together may have. */
  readonly maxTokens?: number | undefined;
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
  if (prompt.trim() === '')
    throw new CommandError('The prompt is empty. Say what is to be done.', EXIT.usage);
  await checkSaveOptions(options);
  const model = chooseModel(options);
  const earlier = options.continue ? await loadConversation() : undefined;
  const where = { ...withKernelOf(earlier, options), packages: packagesToRead(options.attach ?? []) };
  const question = await withAttachments(prompt, options);

  const opened = await openKernel(where, signal);
  await using kernel = opened.kernel;
  using view = options.json ? askLines() : askView(model.name);
  const input = terminalPrompt('', view);
  const policy = policyOf(options.gate, input);
  const limited = withTimeout(signal, options.timeout);
  const notices = opened.notices$.subscribe((line) => view.note(line));
  const running = { signal: limited, ...runLimits(options), ...(input && { input }) };
  const state = earlier && !staysOpen(where) ? await restored(earlier, kernel, view, running) : [];

  const attempts = new Attempts(model.name);
  const form = options.tool ? 'tool' : 'fences';
  const content = [question, ...state].join('\n\n');
  const messages: Message[] = [...(earlier?.messages ?? []), { role: 'user', content }];
  const events$ = solve(
    { system: pythonPrompt(form), messages },
    {
      ...{ model, kernel, form, policy, ...running },
      limits: { attempts: options.repair + 1, outputTokens: options.maxTokens },
      ...(options.repairBy !== 'auto' && { repairBy: options.repairBy }),
      ...(options.statementTimeout !== undefined && { statementTimeoutMs: options.statementTimeout * 1000 }),
      // What a conversation has left on its kernel would be missing on another.
      ...(!staysOpen(where) && !earlier && { freshKernel: () => freshKernel(where, signal) }),
    },
  );
  let end: Ended | undefined;
  let error: unknown;
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
  } catch (reason) {
    error = reason;
  } finally {
    notices.unsubscribe();
  }
  if (end) {
    await keep(end, prompt, { attempts, options, earlier, where, pythonVersion: opened.pythonVersion });
    if (!options.json) for (const line of endLines(end, attempts)) process.stderr.write(`${line}\n`);
    if (end.type === 'solved') return EXIT.ok;
  }
  if (limited.aborted) throw limited.reason;
  if (error !== undefined) throw error instanceof ModelError ? new CommandError(error.message) : error;
  if (!end) throw new CommandError('The model gave no answer.');
  const isProgramAtFault = ['attempts', 'same error', 'no repair'].includes(end.reason.kind);
  throw new CommandError(end.reason.message, isProgramAtFault ? EXIT.pythonError : EXIT.failure);
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

/** Gives a new kernel the state that the conversation has left, and says what the model has to know of it. */
async function restored(
  { statements }: Conversation,
  kernel: Kernel,
  view: AskView,
  running: Parameters<typeof runAgain>[2],
): Promise<string[]> {
  if (statements.length === 0) return [];
  const { length } = harmlessOf(statements);
  view.note(
    `The kernel of the conversation has ended. On a new one, ${length} of its ${statements.length} statements run again, ` +
      'and their output is not shown again …',
  );
  const leftOut = await runAgain(statements, kernel, running);
  for (const { source, why } of leftOut) {
    view.note(`Left out: ${firstLine(source)} (${why})`);
  }
  return [aboutNewKernel(leftOut)];
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

function endLines({ attempts, answer }: Ended, { runs, arrivals }: Attempts): string[] {
  const theme = themeFor(process.stderr, process.env);
  const [run] = runs;
  const isOneRun = attempts.length === 1 && run !== undefined && run.timeline.statements.length > 0;
  const quality = arrivals.map((tokens) => describeQuality(streamQuality(tokens))).find(Boolean);
  // A request that was refused has cost nothing; why is all there is to say.
  const hasAnswers = attempts.length > 1 || answer !== '' || isOneRun;
  const outcome = attempts.at(-1)?.outcome;
  const isWhole = outcome === 'ok' || outcome === 'no code';
  const remarks = isWhole ? remarksOn(answer, outcome === 'ok') : [];
  return [
    ...(isOneRun ? summaryLines(run.timeline, theme) : []),
    ...(hasAnswers ? attemptLines(attempts, theme) : []),
    ...(quality === undefined ? [] : [`eager: ${quality}`]),
    ...remarks.map((remark) => `eager: ${remark}`),
  ];
}

/** Of a statement, without the comments before it. */
function firstLine(source: string): string {
  const line = source.split(/\r\n?|\n/).find((each) => /^[^\s#]/.test(each)) ?? '';
  return line.length > 80 ? `${line.slice(0, 80)}…` : line;
}
