import type { IDisplayData, IDisplayUpdate, IError, IExecuteResult, IStream } from '@jupyterlab/nbformat';

/** A display that can be changed later names itself in `transient`, which is never saved in a notebook. */
export interface Transient {
  readonly transient?: { readonly display_id?: string };
}

/**
 * One output of a program as it was published: an nbformat output, or one of the two messages that change
 * earlier ones (`update_display_data`, `clear_output`).
 *
 * @see https://jupyter-client.readthedocs.io/en/stable/messaging.html#messages-on-the-iopub-pub-sub-channel
 */
export type Output =
  | IStream
  | (IDisplayData & Transient)
  | (IExecuteResult & Transient)
  | (IDisplayUpdate & Transient)
  | IError
  | { readonly output_type: 'clear_output'; readonly wait: boolean };
