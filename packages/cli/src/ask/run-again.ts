import { deny, type Policy } from '@eager/detection';
import { type RunOptions, run$ } from '@eager/engine';
import type { Kernel } from '@eager/execution';
import { concat, NEVER, of, Subject, takeUntil, tap } from 'rxjs';
import type { KeptStatement } from './conversation.js';

/** A statement of a conversation that stands in its history, and whose result is not on the new kernel. */
export interface LeftOut {
  readonly source: string;
  /** For people: `writes file "out.csv"`, `NameError: name 'r' is not defined`. */
  readonly why: string;
}

/** The statements that run again, because they changed nothing outside of the program as far as is known. */
export function harmlessOf(statements: readonly KeptStatement[]): KeptStatement[] {
  return statements.filter(({ effects }) => effects.length === 0);
}

/**
 * Gives a new kernel the variables that a conversation has left: its statements run again, in their order, without those that
 * changed something outside of the program. One that is about to do so, though it was not known to, is refused by the
 * gate; one that fails is left out, and those after it run. Outputs are dropped.
 */
export async function runAgain(
  statements: readonly KeptStatement[],
  kernel: Kernel,
  options: Pick<RunOptions, 'signal' | 'input' | 'patienceMs'>,
): Promise<LeftOut[]> {
  const leftOut: LeftOut[] = statements
    .filter(({ effects }) => effects.length > 0)
    .map(({ source, effects }) => ({ source, why: effects.join(', ') }));
  let rest = harmlessOf(statements);
  while (rest.length > 0) {
    const failed = await firstFailure(rest, kernel, options);
    options.signal?.throwIfAborted();
    if (failed === undefined) break;
    leftOut.push(failed);
    rest = rest.slice(failed.index + 1);
  }
  return leftOut;
}

/** Tells a model what its variables are, on a kernel that is a new one. */
export function aboutNewKernel(leftOut: readonly LeftOut[]): string {
  const all = 'The Python process is a new one, in which your earlier statements have run again';
  if (leftOut.length === 0) return `(${all}, so their variables are there.)`;
  const list = leftOut.map(({ source, why }) => `# Left out: ${why}\n${source.trim()}\n`).join('\n');
  return (
    `(${all}, without those below: what they did outside has been done, but the names that they define are missing. Do not ` +
    `repeat them, unless you are asked to.\n\n\`\`\`python\n${list}\`\`\`)`
  );
}

/** Runs the statements as one cell, as they were, up to the first that fails. */
async function firstFailure(
  statements: readonly KeptStatement[],
  kernel: Kernel,
  options: RunOptions,
): Promise<(LeftOut & { readonly index: number }) | undefined> {
  // The last one must be seen to end, too.
  const program = `${statements.map(({ source }) => source).join('')}pass\n`;
  const over$ = new Subject<void>();
  // What a gate denies it allows once the program is complete. So it is not, before all has run.
  const code$ = concat(of({ text: program, atMs: 0 }), NEVER).pipe(takeUntil(over$));
  let failed: (LeftOut & { readonly index: number }) | undefined;
  await run$(code$, kernel, { ...options, policy: refusing, stopOnError: true })
    .pipe(
      tap((event) => {
        if (event.type === 'error' && event.chunk) {
          const { id: index, code } = event.chunk;
          const source = statements[index]?.source ?? code;
          failed = { index, source, why: `${event.ename}: ${event.evalue}`.replace(/\s+/g, ' ') };
        }
        if (event.type === 'finished' && event.chunk.id === statements.length - 1) over$.next();
      }),
    )
    .forEach(() => {});
  return failed;
}

/** As `deny`, but what that would hold until the program is complete runs. */
const denying = deny();
const refusing: Policy = {
  ...denying,
  judge(chunk, effects) {
    const verdict = denying.judge(chunk, effects);
    return 'kind' in verdict && verdict.kind === 'hold' ? { kind: 'run' } : verdict;
  },
};
