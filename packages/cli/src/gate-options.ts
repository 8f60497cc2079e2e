import { createInterface } from 'node:readline/promises';
import { ask, deny, type Effect, effects, off, type Permission, type Policy, paper } from '@eager/detection';
import type { InputHandler } from '@eager/execution';
import { CommandError, EXIT } from './exit-codes.js';
import type { RunView } from './terminal/index.js';

/** What `--gate` can be. */
export const GATES = ['effects', 'ask', 'deny', 'paper', 'off'] as const;
export type GateName = (typeof GATES)[number];

/**
 * The policy of that name.
 *
 * @param prompt asks the user; undefined where nobody could answer
 */
export function policyOf(name: GateName, prompt: InputHandler | undefined): Policy {
  switch (name) {
    case 'effects':
      return effects();
    case 'deny':
      return deny();
    case 'paper':
      return paper();
    case 'off':
      return off();
    case 'ask':
      if (!prompt) {
        throw new CommandError(
          '--gate ask needs a terminal to ask on. Choose effects, deny, paper or off.',
          EXIT.usage,
        );
      }
      return ask((effect) => askAbout(effect, prompt));
  }
}

/** Asks on the terminal, which `view` leaves for that time; undefined where nobody could answer. */
export function terminalPrompt(file: string, view: Pick<RunView, 'paused'>): InputHandler | undefined {
  if (file === '-' || !process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  return (prompt) =>
    view.paused(async () => {
      const terminal = createInterface({ input: process.stdin, output: process.stderr });
      try {
        return await terminal.question(prompt);
      } finally {
        terminal.close();
      }
    });
}

async function askAbout({ what, line }: Effect, prompt: InputHandler): Promise<Permission> {
  const answer = await prompt(
    `Line ${line} ${what}, and the program is not complete. Now (y), at its end (l), or never (n)? `,
    false,
  );
  switch (answer.trim().toLowerCase()[0]) {
    case 'y':
      return 'allow';
    case 'l':
      return 'hold';
    default:
      return 'deny';
  }
}
