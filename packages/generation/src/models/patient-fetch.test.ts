import { afterEach, expect, test } from 'vitest';
import { modelServer } from '../../../../test/models/model-server.js';
import { patientFetch } from './patient-fetch.js';

const GLOBAL_DISPATCHER = Symbol.for('undici.globalDispatcher.1');
type Agent = new (options: object) => { close(): Promise<void> };
const globals = globalThis as unknown as Record<symbol, InstanceType<Agent> | undefined>;
void Headers; // makes Node load its dispatcher
const original = globals[GLOBAL_DISPATCHER];

afterEach(() => {
  globals[GLOBAL_DISPATCHER] = original;
});

/** Node's limits, made short: 200 ms instead of five minutes. */
function shortLimits(): InstanceType<Agent> {
  const Agent = original?.constructor as Agent;
  const agent = new Agent({ headersTimeout: 200, bodyTimeout: 200 });
  globals[GLOBAL_DISPATCHER] = agent;
  return agent;
}

test('waits for a body beyond the limits of Node, on the dispatcher of the process', async () => {
  // The clock behind those limits ticks once a second.
  await using server = await modelServer(() => ({ steps: ['a', { waitMs: 2500 }, 'b'] }));
  const agent = shortLimits();
  const read = async (fetcher: typeof fetch) =>
    (await fetcher(server.url, { method: 'POST', body: '{}' })).text();
  const [impatient, patient] = await Promise.allSettled([read(fetch), read(patientFetch)]);
  expect(impatient).toMatchObject({ status: 'rejected' });
  expect(patient).toEqual({ status: 'fulfilled', value: 'ab' });
  await agent.close();
});
