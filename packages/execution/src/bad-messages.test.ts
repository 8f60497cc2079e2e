import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pythons } from '../../../test/python.js';
import { embeddedKernel } from './embedded-kernel.js';
import type { Kernel, Notice } from './kernel.js';
import { runProgram, textOf } from './program.fixture.js';

/** Lets a program send what no kernel should. */
const PREPARE = `
import hashlib, hmac
session = get_ipython().kernel.session
socket = get_ipython().kernel.iopub_socket
parent = get_ipython().parent_header

class signed_wrongly:
    def __enter__(self):
        self.right, session.auth = session.auth, hmac.HMAC(b"wrong", digestmod=hashlib.sha256)
    def __exit__(self, *_):
        session.auth = self.right

class packed_wrongly:
    def __enter__(self):
        self.right = session.pack
        session.pack = lambda value: self.right(value)[:-1]
    def __exit__(self, *_):
        session.pack = self.right
`;

describe.each(pythons)('what a kernel on %s sends against the rules', (python) => {
  let kernel: Kernel;
  let notices: Notice[];
  beforeAll(() => {
    kernel = embeddedKernel({ python });
  });
  beforeEach(() => {
    notices = [];
    const subscription = kernel.notices$.subscribe((notice) => notices.push(notice));
    return () => subscription.unsubscribe();
  });
  afterAll(() => kernel[Symbol.asyncDispose]());

  it.each([
    ['a wrong signature', 'with signed_wrongly(): display("lost")', /not signed with the kernel's key/],
    ['JSON that is cut', 'with packed_wrongly(): display("lost")', /not JSON/],
    [
      'a content of another shape',
      'session.send(socket, "stream", {"nam": 1}, parent)',
      /Missing property 'name'/,
    ],
  ])('%s on iopub loses that message, which is said, and no other', async (_, statement, reason) => {
    const source = `${PREPARE}\ndisplay("before")\n${statement}\ndisplay("after")\n`;
    const { error, outputs } = await runProgram(kernel, source);
    expect(error).toBeNull();
    expect(outputs).toMatchObject(["'before'", "'after'"].map((text) => ({ data: { 'text/plain': text } })));
    expect(notices).toEqual([{ type: 'output lost', message: expect.stringMatching(reason) }]);
    expect(notices[0]?.message).toMatch(/^A message of the kernel was dropped/);
  });

  it.each([
    ['an unknown type of message', 'session.send(socket, "weather_report", {"sun": True}, parent)'],
    ['a message of nobody', 'session.send(socket, "stream", {"name": "stdout", "text": "nobody"})'],
    [
      'a message for another',
      'session.send(socket, "stream", {"name": "stdout", "text": "other"}, {"msg_id": "1"})',
    ],
  ])('%s is ignored', async (_, statement) => {
    const { error, outputs } = await runProgram(kernel, `${PREPARE}\n${statement}\nprint("after")\n`);
    expect(error).toBeNull();
    expect(textOf({ outputs })).toBe('after\n');
    expect(outputs).toHaveLength(1);
    expect(notices).toEqual([]);
  });

  it('a wrong signature where an answer is waited for is the end of the kernel', async () => {
    await using kernel = embeddedKernel({ python });
    const source = `${PREPARE}\nsession.auth = hmac.HMAC(b"wrong", digestmod=hashlib.sha256)\n`;
    await expect(runProgram(kernel, source)).rejects.toThrow(
      /killed by SIGKILL after A message on (shell|stdin) is not signed with the kernel's key/,
    );
  });
});
