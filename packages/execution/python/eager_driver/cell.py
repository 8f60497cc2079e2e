"""What is special about the cell that a program runs in: streams, interrupts, input, exits, and its error."""

from __future__ import annotations

import asyncio
import bdb
import builtins
import contextlib
import getpass
import signal
import sys
import threading

from IPython import get_ipython
from IPython.core.error import StdinNotImplementedError

# print() reaches the client within this time while a statement runs (ipykernel's own default is 200 ms).
FLUSH_INTERVAL_S = 0.01

# The kernel's own, whatever a program puts in their place.
STREAMS = [stream for stream in (sys.stdout, sys.stderr) if hasattr(stream, "flush_interval")]


@contextlib.contextmanager
def prepared_cell(shell, accepts_input, program_code):
    """Prepare the kernel for a streamed cell, and leave it as it was.

    `program_code` is that of the frame in which the program runs. Gives what SIGINT does meanwhile.
    """
    compiler_flags = shell.compile.flags  # a program's __future__ imports end with it
    shell._last_traceback = None  # an error that is printed leaves that of an earlier cell
    shell._last_traceback_during_displayhook = False
    intervals = [(stream, stream.flush_interval) for stream in STREAMS]
    for stream, _ in intervals:
        stream.flush_interval = FLUSH_INTERVAL_S
    if not accepts_input:
        builtins.input = getpass.getpass = _refuse_input
    shell.ask_exit = lambda: _exit_program(shell)
    with _Interrupts(program_code) as interrupts:
        try:
            yield interrupts
        finally:
            del shell.ask_exit
            for stream, interval in intervals:
                stream.flush_interval = interval
            shell.compile.flags = compiler_flags


@contextlib.contextmanager
def unflushed_streams():
    """Around what flushes sys.stdout and sys.stderr, which a program may have replaced by anything."""
    program = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = map(_Unflushed, program)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = program


class _Unflushed:
    def __init__(self, stream):
        self._stream = stream

    def __getattr__(self, name):
        return getattr(self._stream, name)

    def flush(self):
        pass


class _Interrupts:
    """What SIGINT does while a program runs.

    For the time of a cell that awaits, ipykernel turns SIGINT into the cancellation of the cell's task,
    which stops a program only where it awaits. Here synchronous code gets Python's own handler, and code that
    awaits gets both: KeyboardInterrupt when the signal finds it running, cancellation when it is suspended.
    """

    def __init__(self, program_code):
        self._program_code = program_code
        self._is_possible = threading.current_thread() is threading.main_thread()

    def __enter__(self):
        if self._is_possible:
            self._loop = asyncio.get_running_loop()
            self._cancel = signal.signal(signal.SIGINT, signal.default_int_handler)
        return self

    def __exit__(self, *_exception):
        if self._is_possible:
            signal.signal(signal.SIGINT, self._cancel)

    @contextlib.contextmanager
    def during(self, awaits):
        """Around a statement that awaits, or does not."""
        if not awaits or not self._is_possible:
            yield
            return
        signal.signal(signal.SIGINT, self._interrupt_or_cancel)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _interrupt_or_cancel(self, signal_number, frame):
        while frame is not None and frame.f_code is not self._program_code:
            frame = frame.f_back
        if frame is not None or not callable(self._cancel):
            raise _Interrupted
        self._cancel(signal_number, frame)
        self._loop.call_soon_threadsafe(lambda: None)  # the loop sleeps on: nothing else wakes it up


def _refuse_input(prompt="", *_args, **_kwargs):
    raise _InputRefused(
        f"The program asked for input ({str(prompt)!r}), but nobody is there to answer. "
        "Put the value into the program, or run it with an input handler."
    )


class _RaisedByDriver:
    """An exception that is shown under its public name and without the frame that raised it.

    IPython hides any frame that asks for it, but not the last.
    """

    def __init_subclass__(cls):
        public = cls.__mro__[2]
        cls.__name__, cls.__qualname__, cls.__module__ = (
            public.__name__,
            public.__qualname__,
            public.__module__,
        )

    def _render_traceback_(self):
        last = self.__traceback__
        while last.tb_next is not None and last.tb_next.tb_next is not None:
            last = last.tb_next
        if last.tb_next is not None and last.tb_next.tb_frame.f_globals is globals():
            last.tb_next = None
        return get_ipython().InteractiveTB.structured_traceback(type(self), self, self.__traceback__)


class _InputRefused(_RaisedByDriver, StdinNotImplementedError):
    pass


class _Interrupted(_RaisedByDriver, KeyboardInterrupt):
    pass


def _exit_program(shell):
    """End the program, not the kernel, on ``exit()`` and ``quit()``."""
    code, shell.keepkernel_on_exit = shell.keepkernel_on_exit, None
    raise SystemExit(code or None)


def raise_shown(shell, error):
    """Make `error`, which has been shown, the result of the cell without showing it again."""
    if isinstance(error, (SystemExit, bdb.BdbQuit, asyncio.CancelledError)) or text_of(error) is _NO_TEXT:
        # IPython, asyncio and ipykernel fail over these, or treat them in ways of their own: a namesake
        # carries the name and the text.
        error = type(type(error).__name__, (Exception,), {})(text_of(error))
    traceback = error.__traceback__
    previous = shell.custom_exceptions, shell.CustomTB

    def leave(_shell, _type, value, _traceback, tb_offset=None):
        shell.custom_exceptions, shell.CustomTB = previous
        value.__traceback__ = traceback

    shell.set_custom_exc((BaseException,), leave)
    raise error


_NO_TEXT = "<exception str() failed>"


def text_of(error):
    """The text of an exception, whose own code may fail to give it."""
    try:
        return str(error)
    except BaseException:
        return _NO_TEXT
