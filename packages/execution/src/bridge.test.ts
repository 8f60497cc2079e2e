import * as services from '@jupyterlab/services';
import { describe, expect, it, vi } from 'vitest';
import { bridge } from './bridge.js';
import { KernelError } from './kernel.js';

const silentLink = () => ({
  send: vi.fn(),
  receive: vi.fn(),
  interrupt: vi.fn(),
  shutdown: vi.fn(async () => {}),
});

describe('bridge', () => {
  it('sends the first request when the "socket" opens, as an object', async () => {
    const link = silentLink();
    const { connection, announceDeath } = bridge(services, link);
    await vi.waitFor(() => expect(connection.connectionStatus).toBe('connected'));
    expect(link.send).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({
        channel: 'shell',
        header: expect.objectContaining({ msg_type: 'kernel_info_request' }),
      }),
    );
    announceDeath();
  });

  it('passes an interrupt and a shutdown on, and the error of an interrupt back', async () => {
    const link = silentLink();
    const { connection } = bridge(services, link);
    await connection.interrupt();
    expect(link.interrupt).toHaveBeenCalledOnce();
    link.interrupt.mockImplementation(() => {
      throw new KernelError('not here');
    });
    await expect(connection.interrupt()).rejects.toThrow('not here');
    vi.spyOn(console, 'debug').mockImplementationOnce(() => {});
    await connection.shutdown();
    expect(link.shutdown).toHaveBeenCalledOnce();
    expect(connection.status).toBe('dead');
  });

  it('refuses a second connection and HTTP with an explanation', async () => {
    const { connection, announceDeath } = bridge(services, silentLink());
    const debug = vi.spyOn(console, 'debug').mockImplementation(() => {});
    expect(() => connection.clone()).toThrow(/does not support a second connection to it. Start a new/);
    await expect(connection.spec).rejects.toThrow(/does not support HTTP requests/);
    debug.mockRestore();
    announceDeath();
  });

  it('keeps the lines of others that are logged while it drops those of the library', () => {
    const debug = vi.spyOn(console, 'debug').mockImplementation(() => {});
    const { connection, announceDeath } = bridge(services, silentLink());
    connection.statusChanged.connect((_, status) => console.debug('now', status));
    announceDeath();
    expect(debug.mock.calls).toEqual([['now', 'dead']]);
    debug.mockRestore();
  });
});
