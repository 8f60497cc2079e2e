import type { KernelMessage } from '@jupyterlab/services';
import type { KernelError } from '../kernel.js';
import { lost } from './errors.js';

/** Tells from the messages whether the kernel is still the process that it was, and for whom it works. */
export class KernelIdentity {
  /** The kernel runs a program of another client. */
  isBusyWithOthers: boolean;
  /** It runs a program of ours. */
  isBusyWithUs = false;
  readonly #ourSession: string;
  /** The kernel process's own. */
  #session: string | undefined;

  /** @param isBusy whether it runs somebody's program at the moment */
  constructor(ourSession: string, isBusy: boolean) {
    this.#ourSession = ourSession;
    this.isBusyWithOthers = isBusy;
  }

  /** @returns why the kernel's state is lost, if this message says so */
  take({ channel, header, parent_header: parent, content }: KernelMessage.IMessage): KernelError | undefined {
    if (channel !== 'iopub') return undefined;
    // The last words of a process that somebody ends in order. Neither the protocol's types nor all kernels know them.
    if ((header.msg_type as string) === 'shutdown_reply') {
      return (content as { readonly restart?: boolean }).restart ? lost.restarted() : lost.deleted();
    }
    if (header.msg_type !== 'status') return undefined;
    const { execution_state: state } = content as KernelMessage.IStatusMsg['content'];
    // These two are the server's words.
    if (state === 'restarting') return lost.autorestarted();
    if (state === 'dead') return lost.died();
    // A restart by a client is not announced, but the new process says who it is with its first word.
    this.#session ??= header.session;
    if (header.session !== this.#session) return lost.restarted();
    if ('session' in parent && parent.msg_type === 'execute_request') {
      this.isBusyWithOthers = state === 'busy' && parent.session !== this.#ourSession;
      this.isBusyWithUs = state === 'busy' && parent.session === this.#ourSession;
    }
    return undefined;
  }
}
