import type { KernelMessage } from '@jupyterlab/services';
import { describe, expect, it } from 'vitest';
import { KernelIdentity } from './kernel-identity.js';

const OURS = 'ours';

function iopub(
  type: string,
  content: object,
  from = 'kernel',
  parentSession = OURS,
  parentType = 'execute_request',
) {
  return {
    ...{ channel: 'iopub', content, metadata: {}, buffers: [] },
    header: { msg_type: type, session: from },
    parent_header: { session: parentSession, msg_type: parentType },
  } as unknown as KernelMessage.IMessage;
}
const status = (state: string, ...more: string[]) => iopub('status', { execution_state: state }, ...more);

describe('KernelIdentity', () => {
  it.each([
    ['the server restarts it', status('restarting', 'server'), /died and the server restarted it/],
    ['the server gives it up', status('dead', 'server'), /The kernel died/],
    [
      'another process speaks in its place',
      status('starting', 'new process'),
      /Somebody else restarted the kernel/,
    ],
    [
      'it ends to be restarted',
      iopub('shutdown_reply', { restart: true }),
      /Somebody else restarted the kernel/,
    ],
    ['it ends', iopub('shutdown_reply', { restart: false }), /no longer has the kernel/],
  ])('knows that the kernel is gone when %s', (_name, message, error) => {
    const kernel = new KernelIdentity(OURS, false);
    expect(kernel.take(status('busy'))).toBeUndefined();
    expect(kernel.take(message)?.message).toMatch(error);
  });

  it('takes what a server publishes itself for no restart', () => {
    const kernel = new KernelIdentity(OURS, false);
    kernel.take(status('busy'));
    expect(kernel.take(iopub('stream', { name: 'stderr', text: 'rate exceeded' }, 'server'))).toBeUndefined();
  });

  it('knows whose program runs', () => {
    const kernel = new KernelIdentity(OURS, true);
    const whose = () => [kernel.isBusyWithOthers, kernel.isBusyWithUs];
    expect(whose()).toEqual([true, false]);
    kernel.take(status('idle', 'kernel', 'theirs', 'kernel_info_request'));
    expect(whose()).toEqual([true, false]);
    kernel.take(status('idle', 'kernel', 'theirs'));
    expect(whose()).toEqual([false, false]);
    kernel.take(status('busy', 'kernel', OURS));
    expect(whose()).toEqual([false, true]);
    kernel.take(status('busy', 'kernel', 'theirs'));
    expect(whose()).toEqual([true, false]);
  });
});
