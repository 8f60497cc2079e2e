"""Asks the client: a request that follows output travels in one message with it, and so does the end.

Messages on two channels come in no order, and a message of its own costs time: a Jupyter server leaves
Nagle's algorithm on, by which the second of two small frames waits until the first is acknowledged, one round
trip later. So an ``input_request`` that follows output is sent in the metadata of its last message
(``eager_request``), as a whole, or in an empty mark if the output has left already.

What is published may be dropped on the way, by the rate limit of a server, for example. So the request is
published again, with growing pauses, until it is answered. A client that hears of a request only then
(``eager_repeated``) knows that it has missed something. The mark that closes a cell travels in the same way
(``eager_mark``).
"""

from __future__ import annotations

import threading

from IPython import get_ipython

from .cell import STREAMS, unflushed_streams

# A request without an answer is published again after this time, then after twice that, and so on.
REPEAT_S = 0.25

# What the thread that publishes gets for a flush in ipykernel, too.
PUBLISH_TIMEOUT_S = 10


class _Here(threading.local):
    request = None  # that this thread is about to send
    kept = None  # what this thread would have published


_here = _Here()
_send = None  # a message as it is


def install():
    """Let requests travel with output. What else changes messages is to be installed later."""
    session = get_ipython().kernel.session
    send = session.send

    def send_together(
        stream,
        msg_or_type,
        content=None,
        parent=None,
        ident=None,
        buffers=None,
        track=False,
        header=None,
        metadata=None,
    ):
        if _here.request is not None and msg_or_type == "input_request":
            message = _here.request.publish(session, send, content, parent)
            if message is not None:
                return message
        if _here.kept is None:
            return send(stream, msg_or_type, content, parent, ident, buffers, track, header, metadata)
        message = msg_or_type
        if isinstance(message, str):
            message = session.msg(message, content, parent, header, metadata)
        _here.kept.append((stream, message, ident))
        return message

    global _send
    _send = send
    session.send = send_together


def ask(kernel, nonce, prompt, follows_output):
    """Return the client's answer. `nonce` marks the program's messages."""
    request = _here.request = _Request(kernel, nonce) if follows_output else None
    try:
        with unflushed_streams():
            return kernel.raw_input(prompt)
    finally:
        _here.request = None
        if request is not None:
            request.is_open = False


class _Request:
    """One request that follows output, until it is answered."""

    def __init__(self, kernel, nonce):
        self.is_open = True
        self._kernel = kernel
        self._nonce = nonce
        self._lock = threading.Lock()  # what is given up is not sent, and what is sent is not given up
        self._message = None

    def publish(self, session, send, content, parent):
        """Return the request that was sent, or None if it could not be, and will not be any more."""
        self._session, self._send, self._parent = session, send, parent
        is_done = threading.Event()

        def flush_and_publish():
            outputs = []
            try:
                _flush_into(outputs)
                with self._lock:
                    if self.is_open:
                        self._publish_with(outputs, content)
            except Exception:  # of a hook, as a rule; raised here it would stop what else is to be published
                self._kernel.log.warning("A request could not travel with output:", exc_info=True)
            finally:
                for stream, message, ident in outputs:
                    send(stream, message, ident=ident)
                is_done.set()

        self._kernel.iopub_thread.schedule(flush_and_publish)
        is_done.wait(PUBLISH_TIMEOUT_S)
        with self._lock:  # two requests would get two batches, of which one is lost
            self.is_open = self._message is not None
        return self._message

    def _publish_with(self, outputs, content):
        """Send outputs with the request in the last of them."""
        message = self._session.msg("input_request", content, self._parent)  # later than its outputs
        while len(outputs) > 1:
            stream, output, ident = outputs.pop(0)
            self._send(stream, output, ident=ident)
        self._publish_in(message, *(outputs[0] if outputs else self._mark()))
        outputs.clear()
        self._message = message
        self._repeat_after(REPEAT_S)

    def _publish_in(self, request, stream, message, ident, is_repeated=False):
        request = {"eager_request": on_channel(request), "eager_repeated": is_repeated}
        metadata = {**message["metadata"], **request}
        self._send(stream, {**message, "metadata": metadata}, ident=ident)

    def _mark(self):
        content = {"comm_id": self._nonce, "data": {"ran": []}}
        return self._kernel.iopub_socket, self._session.msg("comm_msg", content, self._parent), None

    def _repeat_after(self, pause_s):
        def repeat():
            if self.is_open:
                self._publish_in(self._message, *self._mark(), is_repeated=True)
                self._repeat_after(2 * pause_s)

        self._kernel.iopub_thread.io_loop.call_later(pause_s, repeat)


def publish_with_output(kernel, publish):
    """In the thread that publishes: flush, and let the last message of `publish` travel with the output."""
    outputs, messages = [], []
    try:
        _flush_into(outputs)
    except Exception:
        kernel.log.warning("Some output could not be published:", exc_info=True)
    _here.kept = messages
    try:
        publish()
    finally:
        _here.kept = None
    *notes, (stream, message, ident) = messages
    outputs += notes
    if outputs:
        mark = {"eager_mark": on_channel(message)}
        stream, message, ident = outputs.pop()
        message = {**message, "metadata": {**message["metadata"], **mark}}
    for each, output, topic in outputs:
        _send(each, output, ident=topic)
    _send(stream, message, ident=ident)


def _flush_into(outputs):
    """Put what the streams have to publish into a list, in the thread that publishes."""
    _here.kept = outputs
    try:
        for stream in STREAMS:
            stream.flush()
    finally:
        _here.kept = None


def on_channel(message):
    """Return a message as a WebSocket carries it, without binary buffers, which outputs have none of."""
    header = message["header"]
    kind = header["msg_type"]
    channel = "stdin" if kind == "input_request" else "shell" if kind.endswith("_reply") else "iopub"
    parts = {name: message[name] for name in ("header", "parent_header", "metadata", "content")}
    return {**parts, "channel": channel}
