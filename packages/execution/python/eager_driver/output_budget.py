"""Bounds what a request may publish, in the kernel itself, so that it piles up nowhere.

Jupyter has no flow control for outputs: a kernel queues what a slow client has not taken, and that client
what a slow reader has not. So an ``execute_request`` brings its budget in its metadata
(``eager_max_output_bytes``), and what exceeds it never leaves: a text is cut between two characters, and
anything else passes whole or not at all. stderr says so, once where it begins and once, with the amount,
before the request ends. The error and the result at the end of a program have a reserve of their own, so
that they come through.
"""

from __future__ import annotations

import collections
import threading

from IPython import get_ipython
from jupyter_client.session import extract_header

# Besides its text an output costs its headers, here, on the wire and at the client.
MESSAGE_BYTES = 500
# What the error, and the value of the last expression, may take beyond the budget.
RESERVE_BYTES = 1_000_000
# Threads of a program may publish when its request is over. So many requests are remembered.
MAX_REQUESTS = 100

# The metadata of a message that says that its request shows nothing more.
END = {"eager": "end"}

_OF_NOTE = {"eager": "truncated"}
_DISPLAYS = ("display_data", "update_display_data", "execute_result")


def install():
    """Keep the requests of this kernel within their budgets, from now on."""
    kernel = get_ipython().kernel
    session = kernel.session
    send, execute = session.send, kernel.shell_handlers["execute_request"]
    budgets = collections.OrderedDict()  # by the id of the request

    def tell(stream, note, header):  # through all who read along, as the journal does
        session.send(stream, "stream", {"name": "stderr", "text": note}, header, metadata=_OF_NOTE)

    # The parameters are those of Session.send, which ipykernel also passes by position.
    def send_within_budget(
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
        if isinstance(msg_or_type, str):
            kind, body, request = msg_or_type, content or {}, extract_header(parent)
        else:
            kind = msg_or_type["header"]["msg_type"]
            body, request = msg_or_type["content"], msg_or_type["parent_header"]
        if kind == "execute_reply" and body.get("status") == "error":
            body = shortened_error(body)
        budget = budgets.get(request.get("msg_id"))
        is_end = metadata is END or (kind == "status" and body["execution_state"] == "idle")
        note = None
        if budget is not None and is_end:
            note = budget.close()
        elif budget is not None and metadata is not _OF_NOTE:
            size_of_buffers = sum(memoryview(buffer).nbytes for buffer in buffers or ())
            body, note = budget.spend(kind, body, size_of_buffers)
        if note is not None and is_end:
            tell(stream, note, request)
        sent = None
        if body is not None:
            message = msg_or_type if isinstance(msg_or_type, str) else {**msg_or_type, "content": body}
            sent = send(stream, message, body, parent, ident, buffers, track, header, metadata)
        if note is not None and not is_end:
            tell(stream, note, request)
        return sent

    def execute_within_budget(stream, identity, request):
        max_bytes = request["metadata"].get("eager_max_output_bytes")
        if max_bytes is not None:
            budgets[request["header"]["msg_id"]] = _Budget(max_bytes)
            if len(budgets) > MAX_REQUESTS:
                budgets.popitem(last=False)
        return execute(stream, identity, request)

    session.send = send_within_budget
    kernel.shell_handlers["execute_request"] = execute_within_budget


def shortened_error(content):
    """Return what a message says of an error, with texts that a human can have asked for."""
    limit = RESERVE_BYTES // 4
    evalue, traceback = content.get("evalue", ""), content.get("traceback", [])
    if len(evalue) <= limit and sum(map(len, traceback)) <= 2 * limit:
        return content
    traceback = traceback[-100:]
    each = 2 * limit // max(1, len(traceback))
    return {
        **content,
        "evalue": _shortened(evalue, limit),
        "traceback": [_shortened(part, each) for part in traceback],
    }


class _Budget:
    """What one request may still publish. Several threads of the kernel publish."""

    def __init__(self, max_bytes):
        self._max_bytes = max_bytes
        self._left = max_bytes
        self._text_left_out = 0
        self._displays_left_out = 0
        self._bytes_left_out = 0
        self._is_over = False
        self._lock = threading.Lock()

    def spend(self, kind, content, buffer_bytes):
        """Return what of a message may be sent, or None, and what is to be said about that, or None."""
        with self._lock:
            was_complete = not self._bytes_left_out
            if kind == "stream":
                content = self._spend_text(content)
            elif kind in _DISPLAYS:
                content = self._spend_display(kind, content, buffer_bytes)
            elif kind == "error":
                content = shortened_error(content)
            return content, self._warning() if was_complete and self._bytes_left_out else None

    def close(self):
        """Return what is to be said, once, before the request ends, or None."""
        with self._lock:
            is_first, self._is_over = not self._is_over, True
            return self._sum() if is_first and self._bytes_left_out else None

    def _spend_text(self, content):
        text = content.get("text")
        if not isinstance(text, str):  # no kernel sends that, but a program can
            return content
        size = _text_bytes(text)
        if size + MESSAGE_BYTES <= self._left:
            self._left -= size + MESSAGE_BYTES
            return content
        room = max(0, self._left - MESSAGE_BYTES)
        kept = text[:room].encode(errors="surrogatepass")[:room].decode(errors="ignore")
        self._left = 0
        left_out = size - _text_bytes(kept)
        self._bytes_left_out += left_out
        self._text_left_out += left_out
        return {**content, "text": kept} if kept else None

    def _spend_display(self, kind, content, buffer_bytes):
        size = _bytes_of(content) + buffer_bytes + MESSAGE_BYTES
        if size <= self._left + (RESERVE_BYTES if kind == "execute_result" else 0):
            self._left = max(0, self._left - size)
            return content
        self._bytes_left_out += size
        self._displays_left_out += 1
        return None

    def _warning(self):
        return (
            f"\n[eager: the output of this run exceeds {_megabytes(self._max_bytes)}; "
            "what exceeds it is left out. Write it to a file, or allow more "
            "(--max-output MB, maxOutputBytes).]\n"
        )

    def _sum(self):
        parts = []
        if self._text_left_out:
            parts.append(f"{_megabytes(self._text_left_out)} of text")
        if self._displays_left_out:
            displays = (
                "1 display" if self._displays_left_out == 1 else f"{self._displays_left_out:,} displays"
            )
            parts.append(f"{displays} of {_megabytes(self._bytes_left_out - self._text_left_out)}")
        return f"\n[eager: truncated: {' and '.join(parts)} left out.]\n"


def _shortened(text, length):
    if len(text) <= length:
        return text
    half = length // 2
    return f"{text[:half]} [… {len(text) - 2 * half:,} characters …] {text[-half:]}"


def _bytes_of(value):
    if isinstance(value, str):
        return _text_bytes(value)
    if isinstance(value, (bytes, bytearray)):
        return len(value) * 4 // 3
    if isinstance(value, dict):
        return sum(len(str(key)) + _bytes_of(item) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return sum(map(_bytes_of, value))
    return 8


def _text_bytes(text):
    return len(text) if text.isascii() else len(text.encode(errors="surrogatepass"))


def _megabytes(count):
    return f"{count / 1e6:,.1f} MB" if count >= 100_000 else f"{count:,} bytes"
