import type { KernelMessage } from '@jupyterlab/services';
import type { Notice } from './kernel.js';

/**
 * Tells when a Jupyter server has dropped outputs because they came too fast for its limits.
 *
 * It says so only in the place of the outputs, as text on stderr. A program can print the same text, but the server
 * speaks with a session of its own.
 *
 * @see https://jupyter-server.readthedocs.io/en/latest/other/full-config.html (iopub_msg_rate_limit)
 */
export class RateLimitWatch {
  #kernelSession: string | undefined;

  take({ header, content }: KernelMessage.IIOPubMessage): Notice | undefined {
    // A server never drops a status, and makes up none.
    if (header.msg_type === 'status') this.#kernelSession = header.session;
    if (header.msg_type !== 'stream' || header.session === this.#kernelSession) return undefined;
    const [, unit] =
      /^IOPub (data|message) rate exceeded\./.exec(String((content as { text?: unknown }).text)) ?? [];
    if (unit === undefined) return undefined;
    const option = unit === 'data' ? 'iopub_data_rate_limit' : 'iopub_msg_rate_limit';
    return {
      type: 'output lost',
      message:
        `The Jupyter server dropped outputs of the program, which came faster than its ${option} allows; they are ` +
        `lost. Raise the limit where the server is started (--ServerApp.${option}=…), or let the program print less.`,
    };
  }
}
