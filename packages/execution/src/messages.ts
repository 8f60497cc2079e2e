import type { KernelMessage } from '@jupyterlab/services';
import type { Output } from './output.js';
import type { DriverQuestion, DriverReport } from './streamed-cell.js';

/**
 * The output that an iopub message carries, or undefined for all other messages.
 *
 * @see https://jupyter-client.readthedocs.io/en/stable/messaging.html#messages-on-the-iopub-pub-sub-channel
 */
export function toOutput(message: KernelMessage.IIOPubMessage): Output | undefined {
  const type = message.header.msg_type;
  switch (type) {
    case 'stream':
    case 'display_data':
    case 'execute_result':
    case 'error':
    case 'update_display_data':
    case 'clear_output':
      return { output_type: type, ...message.content } as Output;
    default:
      return undefined;
  }
}

/** What the driver wrote into the parent header of all that the program publishes. */
export interface Attribution {
  /** The chunk that ran; undefined for what the kernel publishes outside of any. */
  readonly chunkId: number | undefined;
  /** What had finished before that chunk and may not have been reported yet. */
  readonly ran: DriverReport['ran'];
}

export function attributionOf(message: KernelMessage.IMessage): Attribution {
  const { eager_chunk: id, eager_ran: ran } = message.parent_header as Record<string, unknown>;
  return {
    chunkId: typeof id === 'number' ? id : undefined,
    ran: typeof ran === 'string' ? JSON.parse(ran) : [],
  };
}

/** The `input_request` that an output or a mark carries, so that it comes after it and costs no message; see asking.py. */
export function requestIn(message: KernelMessage.IMessage): KernelMessage.IInputRequestMsg | undefined {
  const { eager_request: request } = message.metadata as Record<string, unknown>;
  return request as KernelMessage.IInputRequestMsg | undefined;
}

/** Whether that request has been sent before. */
export function isRepeated(message: KernelMessage.IMessage): boolean {
  return (message.metadata as Record<string, unknown>).eager_repeated === true;
}

/** The mark that the last output of a cell carries in the same way. */
export function markIn(message: KernelMessage.IMessage): KernelMessage.IIOPubMessage | undefined {
  const { eager_mark: mark } = message.metadata as Record<string, unknown>;
  return mark as KernelMessage.IIOPubMessage | undefined;
}

/** Whether its request shows nothing more; see output_budget.py. */
export function isEnd(message: KernelMessage.IMessage): boolean {
  const { metadata } = markIn(message) ?? message;
  return (metadata as Record<string, unknown>).eager === 'end';
}

/** How its prompts begin. */
export const DRIVER_MARK = '\u0002eager:';

/** What the driver says in an `input_request`, or undefined when the program itself asks for input. */
export function fromDriver(prompt: string, nonce: string): DriverReport | DriverQuestion | undefined {
  const marker = `${DRIVER_MARK}${nonce}:`;
  return prompt.startsWith(marker) ? JSON.parse(prompt.slice(marker.length)) : undefined;
}

/** The report in a `comm_msg` of the driver, or undefined for all other messages. */
export function toMark(message: KernelMessage.IIOPubMessage, nonce: string): DriverReport | undefined {
  if (message.header.msg_type !== 'comm_msg') return undefined;
  const { comm_id, data } = message.content as { comm_id: string; data: unknown };
  return comm_id === nonce ? (data as DriverReport) : undefined;
}
