"""Remembers what the kernel has said to a client, so that a connection that breaks on the way loses nothing.

A Jupyter server keeps messages for a client that it knows to be away. What it has sent to one that was
already gone is lost, and so is what the client sent. So the client asks the kernel itself, when it is back,
on the control channel, which a kernel serves while a program runs:

======== ================================ ==========================================================
message  where                            what
======== ================================ ==========================================================
question control ``eager_resync_request`` JSON ``{have}``: the ids of the messages that came last
answer   control ``eager_resync_reply``   JSON ``{messages, isComplete, begun}``: what the kernel has
                                          said since, and the ids of the requests that it has begun
======== ================================ ==========================================================

The client sends once more what has neither been begun nor answered. Here a request is executed once, however
often it comes, and only an answer to the question that is open counts. ``isComplete`` is false when the
journal was too short.

A client that is no more must not keep the kernel waiting. So while the kernel waits for it, it says from
time to time that it is there (``eager_alive_request``, on the control channel as well), and it says when it
leaves (``eager_leave_request``). After that, or when nothing has come for as long as was agreed, a program
that waits for it is interrupted; and what it had sent before it left does not begin.

A client that comes back may be another one to the server, which then gives it other channels. So what is
for the client alone goes to where its latest question came from.
"""

from __future__ import annotations

import _thread
import collections
import inspect
import threading
import time

from IPython import get_ipython
from jupyter_client.session import extract_header

from .asking import on_channel

# The longest gap that can be filled: far more than is on its way at any time.
MAX_MESSAGES = 10_000
MAX_SIZE = 16 * 1024 * 1024
# How many clients are remembered; the first of them is forgotten first.
MAX_CLIENTS = 16

# How often it is looked whether a program waits for somebody who is gone.
WATCH_INTERVAL_S = 1

_REPLY = "eager_resync_reply"
_GONE = "\n[eager: the client that this program waits for is gone, so the program is interrupted.]\n"


def keep(session, patience_s):
    """Keep a journal for the client with this session, and wait for so many seconds for its signs of life."""
    if not _journals:
        _install(get_ipython().kernel)
    _journals.setdefault(session, _Journal(patience_s))
    while len(_journals) > MAX_CLIENTS:
        del _journals[next(iter(_journals))]


class _Journal:
    """What was said to one client, and what it has asked for. Several threads of the kernel write to it."""

    def __init__(self, patience_s):
        self.patience_s = patience_s
        self._entries = collections.deque()  # (id, size, message)
        self._size = 0
        self._has_dropped = False
        self._lock = threading.Lock()
        self.begun = collections.deque(maxlen=100)  # ids of requests
        self.identity = None  # where the client is, once it has come back
        self.question = None  # id of the latest `input_request`
        self._asked = None  # the message, while it has no answer
        self._heard = time.monotonic()
        self._has_left = False

    def hear(self):
        """The client has sent something."""
        self._heard = time.monotonic()

    def leave(self):
        """The client has gone. Its messages in the kernel's queues do not count any more."""
        self._has_left = True

    def close_question(self):
        """Somebody has answered it, or nobody waits for an answer any more."""
        self._asked = None

    def abandoned(self):
        """Return the question that the kernel waits in vain to be answered, or None."""
        is_gone = self._has_left or time.monotonic() - self._heard > self.patience_s
        return self._asked if is_gone else None

    def add(self, message):
        header = message["header"]
        if header["msg_type"] == "input_request":
            self.question = header["msg_id"]
            self._asked = message
            self.hear()  # patience begins with the question
        size = _size_of(message["content"])
        with self._lock:
            # What the sending of a message has led to, as the word about a budget, is here before it.
            later = self._entries.pop() if self._entries and self._date() > str(header["date"]) else None
            self._entries.append((header["msg_id"], size, message))
            if later is not None:
                self._entries.append(later)
            self._size += size
            while self._size > MAX_SIZE or len(self._entries) > MAX_MESSAGES:
                self._size -= self._entries.popleft()[1]
                self._has_dropped = True

    def _date(self):
        return str(self._entries[-1][2]["header"]["date"])

    def after(self, have):
        """Return what came after the first of the messages that the client has, and whether that is all."""
        have = set(have)
        with self._lock:
            entries = list(self._entries)
        known = next((index for index, (id_, *_) in enumerate(entries) if id_ in have), None)
        missing = [on_channel(message) for id_, _, message in entries[known or 0 :] if id_ not in have]
        return missing, known is not None or not self._has_dropped

    def admits(self, request_id):
        """Whether a request is new, and somebody waits for what comes of it."""
        if self._has_left or request_id in self.begun:
            return False
        self.begun.append(request_id)
        return True


_journals: dict[str, _Journal] = {}


def _install(kernel):
    """Read along with what the kernel says and hears, where Jupyter has places for handlers of messages."""
    session = kernel.session
    send, receive = session.send, session.recv
    execute = kernel.shell_handlers["execute_request"]

    def send_and_remember(stream, msg_or_type, content=None, parent=None, ident=None, *args, **kwargs):
        journal = _journals.get(extract_header(parent).get("session"))
        # A topic is the only other thing that goes by this name.
        if journal is not None and journal.identity is not None and isinstance(ident, list):
            ident = journal.identity
        message = send(stream, msg_or_type, content, parent, ident, *args, **kwargs)
        if message:
            journal = _journals.get(message["parent_header"].get("session"))
            if journal is not None and message["header"]["msg_type"] != _REPLY:
                journal.add(message)
        return message

    def receive_answer(socket, *args, **kwargs):
        identity, message = receive(socket, *args, **kwargs)
        if socket is not kernel.stdin_socket or message is None:
            return identity, message
        journal = _journals.get(message["header"]["session"])
        if journal is not None:
            if message["parent_header"].get("msg_id") != journal.question:
                return None, None  # for which the kernel goes on waiting
            journal.hear()
            journal.close_question()
        return identity, message

    async def execute_once(stream, identity, request):
        journal = _journals.get(request["header"]["session"])
        if journal is None or journal.admits(request["header"]["msg_id"]):
            try:
                result = execute(stream, identity, request)
                if inspect.isawaitable(result):
                    await result
            finally:
                if journal is not None:
                    journal.close_question()

    def alive(_stream, _identity, request):
        journal = _journals.get(request["header"]["session"])
        if journal is not None:
            journal.hear()
        return journal

    def leave(_stream, _identity, request):
        journal = _journals.get(request["header"]["session"])
        if journal is not None:
            journal.leave()
            interrupt_abandoned()

    def resync(stream, identity, request):
        journal = alive(stream, identity, request)
        if journal is not None:
            journal.identity = identity
            messages, is_complete = journal.after(request["content"]["have"])
            content = {"messages": messages, "isComplete": is_complete, "begun": list(journal.begun)}
            send(stream, _REPLY, content, request, ident=identity)

    def interrupt_abandoned():
        for journal in list(_journals.values()):
            question = journal.abandoned()
            if question is not None:
                journal.close_question()
                note = {"name": "stderr", "text": _GONE}
                session.send(kernel.iopub_socket, "stream", note, question["parent_header"])
                _thread.interrupt_main()  # from a wait, which ends for nothing else

    def watch():
        while True:
            time.sleep(WATCH_INTERVAL_S)
            interrupt_abandoned()

    session.send = send_and_remember
    session.recv = receive_answer
    kernel.shell_handlers["execute_request"] = execute_once
    kernel.control_handlers["eager_resync_request"] = resync
    kernel.control_handlers["eager_alive_request"] = alive
    kernel.control_handlers["eager_leave_request"] = leave
    threading.Thread(target=watch, name="eager-journal", daemon=True).start()


def _size_of(value):
    if isinstance(value, (str, bytes)):
        return len(value)
    if isinstance(value, dict):
        return sum(map(_size_of, value.values()))
    if isinstance(value, (list, tuple)):
        return sum(map(_size_of, value))
    return 8
