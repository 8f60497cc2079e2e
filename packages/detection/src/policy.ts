import type { Chunk } from './chunk.js';
import type { EffectRule } from './effect-table.js';

/**
 * What a statement may do to the world outside of the program.
 *
 * `timing`: waits, or starts a clock that goes on while the program waits for its next statement. `dynamic`: runs code
 * that cannot be read from the program. `blocking`: waits for a person.
 */
export type EffectClass = 'read' | 'write' | 'process' | 'network' | 'timing' | 'dynamic' | 'blocking';

/** Something that a statement may do, or that a program is about to do. */
export interface Effect {
  readonly class: EffectClass;
  /** For people: `writes file "out.csv"`, `runs process ["ls"]`, `calls eval`. */
  readonly what: string;
  /** The line of the program that does it, counted from 1: inside of the function, if a call leads there. */
  readonly line: number;
  /**
   * Python raises no audit event for it, so the hook at run time never sees it: only holding the statement holds it.
   * Left out where it does no harm that the effect comes early.
   */
  readonly unaudited?: true;
}

/** What is to become of a statement, and why. The reason is for people: `writes file "out.csv" (line 14)`. */
export type Verdict =
  | { readonly kind: 'run' }
  /** Runs together with the statement that follows it, which needs not wait for anything. */
  | { readonly kind: 'join' }
  /** Waits, with everything after it, until generation has ended. */
  | { readonly kind: 'hold'; readonly effect: Effect; readonly reason: string }
  /** Raises PermissionError instead of running. */
  | { readonly kind: 'deny'; readonly effect: Effect; readonly reason: string };

/** The answer to an effect that is about to happen while the program is still being generated. */
export type Permission = 'allow' | 'hold' | 'deny';

/** Decides what may happen while the program is still being generated. */
export interface Policy {
  readonly name: string;
  /** Rules that come before those of the effect table, by the dotted name that they are for. */
  readonly rules?: ReadonlyMap<string, EffectRule>;
  /**
   * Judges a statement before it is sent. `effects` is what static analysis found in it, in order. A promise keeps the
   * statements after it waiting. One that throws denies the statement, with the error's message as the reason.
   */
  judge(chunk: Chunk, effects: readonly Effect[]): Verdict | Promise<Verdict>;
  /**
   * Judges an effect that the hook has caught at the moment it is about to happen. Undefined: no hook is installed.
   * Ask through {@link permitted}: one that throws denies the effect, with the error's message as the reason.
   */
  permit?(effect: Effect): Permission | Promise<Permission>;
}

/** Asks the policy about an effect that is about to happen. Never rejects: a policy that fails denies. */
export async function permitted(policy: Policy, effect: Effect): Promise<Verdict> {
  try {
    return verdictOf((await policy.permit?.(effect)) ?? 'allow', effect);
  } catch (error) {
    return deny(effect, messageOf(error));
  }
}

/** The verdict that a permission amounts to. */
export function verdictOf(permission: Permission, effect: Effect): Verdict {
  switch (permission) {
    case 'allow':
      return { kind: 'run' };
    case 'hold':
      return hold(effect);
    case 'deny':
      return deny(effect);
  }
}

export function hold(effect: Effect): Verdict {
  return { kind: 'hold', effect, reason: described(effect) };
}

/** `why` says why, if there is more to say than that the policy forbids it. */
export function deny(effect: Effect, why?: string): Verdict {
  return { kind: 'deny', effect, reason: `not permitted: ${described(effect)}${why ? `: ${why}` : ''}` };
}

/** `writes file "out.csv" (line 14)` */
function described({ what, line }: Effect): string {
  return `${what} (line ${line})`;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
