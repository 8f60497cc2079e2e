"""The driver of a streamed cell: runs a program inside one IPython cell while the program still arrives.

The client installs this source once per kernel as a module and runs each program by one ``execute_request``
whose code awaits :func:`run`. The driver *pulls*: whenever it is free it sends an ``input_request`` on the
stdin channel, and the client's ``input_reply`` brings every chunk that is pending by then.

======== ============================ ==================================================================
message  where                        what
======== ============================ ==================================================================
pull     ``input_request``, prompt    ``"\\x02eager:" + nonce + ":"`` + JSON ``{ran, busyMs}``
batch    ``input_reply``, value       JSON ``{chunks: [[id, text, denied], ...], end, abort}``
question ``input_request``, prompt    as a pull, JSON ``{effect, chunk, ran}``; see effect_guard.py
answer   ``input_reply``, value       JSON ``{denied, end, abort}``
mark     ``comm_msg``, comm_id=nonce  JSON ``{ran, closed, shownMs, error}``; in order with the outputs
======== ============================ ==================================================================

``ran`` lists what finished since the last message: ``{id, startMs, durationMs, heldMs, error}``; ``startMs``
counts from the moment the batch was received, and ``busyMs`` from there to the pull; what waited for leave
counts as held, not as duration. ``error`` is None, or what an
``execute_reply`` says of an error; next to ``closed`` it is one that no chunk raised. ``text`` is everything
between the end of the previous chunk and the end of this one: the texts put together are the program.
``denied`` is None, or why the chunk or the effect is not permitted; ``end``: the program is complete.

Chunks run through the same IPython functions as the statements of an ordinary cell; that is why errors,
displays and ``await`` look the same. Each message that the program publishes names its chunk in the parent
header (``eager_chunk``) and what finished before it (``eager_ran``): the kernel keeps a stream's text apart
by parent, so attribution costs neither a flush nor a message.
"""

from __future__ import annotations

import ast
import contextlib
import inspect
import io
import json
import linecache
import os
import re
import sys
import threading
import time

from IPython import get_ipython
from IPython.core.error import InputRejected
from IPython.core.interactiveshell import ExecutionResult

from .cell import FLUSH_INTERVAL_S, STREAMS, flushable_streams, prepared_cell, raise_shown
from .effect_guard import Guard

# While several chunks run, the client hears within this time what finished.
MARK_INTERVAL_S = 0.02

# From here on a chunk is parsed alone and its lines are counted afterwards.
LONG_PROGRAM_LINES = 500
# Escapes and numbers that run into words: all that CPython's parser itself warns of, with the line it sees.
_MAY_WARN_AT_PARSE = re.compile(r"\\|\d[^\W\d]")

_NOTHING = object()


async def run(nonce, accepts_input=False, is_guarded=False):
    """Run one program: the whole body of its cell. Raises, already shown, what ended the program early."""
    shell = get_ipython()
    with prepared_cell(shell, accepts_input, _Program.run.__code__) as interrupts:
        program = _Program(shell, nonce, interrupts)
        with program.guard if is_guarded else contextlib.nullcontext():
            error = await program.run()
    if error is not None:
        raise_shown(shell, error)


class _Program:
    """One program in its cell: pulls chunks and runs them until the end, an error or an interrupt."""

    def __init__(self, shell, nonce, interrupts):
        self._shell = shell
        self._interrupts = interrupts
        self._kernel = shell.kernel
        self._nonce = nonce
        self._pid = os.getpid()
        self._parent = shell.get_parent()
        self._interactivity = shell.ast_node_interactivity  # a change counts from the next cell on
        # IPython 8 counts at the end of a cell, IPython 9 at its start; the display hook knows.
        self._cell_number = shell.displayhook.prompt_count
        # A file name like that of any other cell, so that tracebacks say "Cell In[n]".
        self._file_name = shell.compile.cache(f"# {nonce}", self._cell_number)
        self.guard = Guard(self._file_name, self._ask)
        self._source = []  # the program as it arrived
        self._transformed = []  # the same with IPython's transformations
        self._lines = []  # the program as it was compiled, by line; linecache holds this very list
        self._line_count = 0  # of the program as it arrived, which transformations do not change
        self._is_single_line = False  # the whole program is one line, which may be a command
        self._value = _NOTHING  # of the last statement, when that is an expression
        self._last_statement = None  # of the chunk before
        self._ran = []
        self._ran_lock = threading.Lock()
        self._io_loop = self._kernel.iopub_thread.io_loop  # in the thread that publishes
        self._is_in_batch = False
        self._running = None
        self._lasted = 0.0  # seconds that the last statement took
        self._held = 0.0  # seconds for which the statement that runs was held
        self._received = time.perf_counter()
        self._messages = 0

    async def run(self):
        """Return what ended the program early, already shown, or None."""
        shown_ms = 0.0
        error = None
        try:
            for chunk in self._chunks():
                error = await self._run_chunk(*chunk)
                if error is not None:
                    return error
                self._finish()
            self._remember_input()
            start = time.perf_counter()
            self._show_last_value()
            shown_ms = _ms(time.perf_counter() - start)
        except KeyboardInterrupt as interrupt:  # between two statements: no frame of the program to show
            error = interrupt
            error.__suppress_context__ = True  # such as the SyntaxError of a magic that was tried as Python
            self._shell.showtraceback((KeyboardInterrupt, error, None))
        except Exception as raised:  # by the display of the last value
            error = raised
            self._shell.showtraceback()
        finally:
            self._is_in_batch = False
            self._remember_input()
            if self._running is not None:
                self._finish(error)
                self._mark(closed=True, shownMs=shown_ms)
            else:
                self._mark(closed=True, shownMs=shown_ms, error=self._describe(error))
        return error

    def _chunks(self):
        """Yield (id, text, denied) of each chunk as the client hands them out, until the program ends."""
        chunks, ended = self._pull()
        if len(chunks) == 1 and not ended and self._may_be_command(chunks[0][1]):
            more, ended = self._pull()
            chunks = [*chunks, *more]
        self._is_single_line = ended and len(chunks) == 1 and _is_line(chunks[0][1])
        while True:
            if len(chunks) > 1:
                self._is_in_batch = True
                self._io_loop.add_callback(self._watch, self._received)
            for chunk in chunks:
                yield chunk
                if self._published_output():
                    self._mark()
                    self._messages = self._kernel.session.message_count
            self._is_in_batch = False
            if ended:
                return
            chunks, ended = self._pull()

    def _pull(self):
        """Tell the client that the kernel is free, and wait for the next batch."""
        busy_ms = _ms(time.perf_counter() - self._received)
        reply = self._request({"ran": self._take_ran(), "busyMs": busy_ms})
        self._received = time.perf_counter()
        self._messages = self._kernel.session.message_count
        return reply["chunks"], reply["end"]

    def _ask(self, effect):
        """Ask for leave for an effect of the chunk that runs; return why it is denied, or None."""
        start = time.perf_counter()
        try:
            question = {"effect": effect, "chunk": self._running[0], "ran": self._take_ran()}
            return self._request(question)["denied"]
        finally:
            self._held += time.perf_counter() - start

    def _request(self, content):
        if os.getpid() != self._pid:  # nobody hands chunks to a process that os.fork() has made
            os.write(2, b"A forked process ends with the statement that forked it.\n")
            os._exit(1)
        with flushable_streams():
            reply = json.loads(self._kernel.raw_input(f"\x02eager:{self._nonce}:{json.dumps(content)}"))
        if reply.get("abort"):
            raise KeyboardInterrupt("Interrupted while waiting for the rest of the program.")
        if reply["end"]:
            self.guard.retire()
        return reply

    async def _run_chunk(self, chunk_id, text, denied):
        """Run the statements of a chunk; return the exception that ended them, already shown, or None."""
        shell = self._shell
        self._running = (chunk_id, time.perf_counter())
        self._held = 0.0
        header = {**self._parent["header"], "eager_chunk": chunk_id}
        if self._ran:  # so that no output comes before the client knows what finished before it
            header["eager_ran"] = _json_list(self._ran)
        shell.set_parent({**self._parent, "header": header})
        self._drop_value()
        try:
            tree, awaits = self._parse(text)
            tree = shell.transform_ast(tree) if denied is None else _raising(PermissionError, denied, tree)
        except InputRejected as error:
            shell.showtraceback()
            return error
        except (OverflowError, SyntaxError, ValueError, TypeError, MemoryError) as error:
            shell.showsyntaxerror()
            return error
        self._last_statement = tree.body[-1]
        self.guard.awaiting_line = tree.body[0].lineno if awaits else None
        result = ExecutionResult(None)
        with self._keeping_last_value(), self._interrupts.during(awaits):
            await shell.run_ast_nodes(
                tree.body, self._file_name, self._interactivity, compiler=shell.compile, result=result
            )
        return result.error_in_exec if result.error_before_exec is None else result.error_before_exec

    def _parse(self, text):
        """Return the syntax tree of a chunk, at its true lines, and whether it awaits.

        Text that is no Python gets IPython's transformations.
        """
        first_line = self._line_count
        self._source.append(text)
        self._transformed.append(text)
        self._line_count += self._set_lines(first_line, text)
        if not self._is_single_line and not self._shell.input_transformers_post:
            try:
                return self._parse_python(first_line, text)
            except IndentationError:
                raise  # IPython would dedent, which makes two wrongs a right
            except SyntaxError:
                transformed = self._transform(text)
                if transformed == text:
                    raise
        else:
            transformed = self._transform(text)
        self._transformed[-1] = transformed
        self._set_lines(first_line, transformed)
        return self._parse_python(first_line, transformed)

    def _parse_python(self, first_line, code):
        """Parse code that begins at a line. Padding with empty lines is exact, but each of them costs."""
        if first_line >= LONG_PROGRAM_LINES and not _MAY_WARN_AT_PARSE.search(code):
            with contextlib.suppress(SyntaxError):  # which is to name the true line: once more, padded
                return self._parse_unpadded(first_line, code)
        code = "\n" * first_line + code
        # In the order of an ordinary cell, for each of the two may print a SyntaxWarning.
        awaits = self._shell.should_run_async(code, transformed_cell=code)
        return self._shell.compile.ast_parse(code, self._file_name), awaits

    def _parse_unpadded(self, first_line, code):
        tree = ast.increment_lineno(self._shell.compile.ast_parse(code, self._file_name), first_line)
        if not self._shell.autoawait:
            return tree, False
        compiled = compile(tree, "<>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        return tree, bool(compiled.co_flags & inspect.CO_COROUTINE)

    def _transform(self, text):
        """Apply IPython's input transformations (magics, ``!``, ``?``) as to this part of a cell."""
        if self._is_single_line:
            return self._shell.transform_cell(text)
        manager = self._shell.input_transformer_manager
        if len(self._source) == 1:
            lines = manager.transform_cell(text).splitlines(keepends=True)
        else:  # a line before it: `%%` is a cell magic at the start of the cell only
            lines = manager.transform_cell("pass\n" + text).splitlines(keepends=True)[1:]
        for transform in self._shell.input_transformers_post:
            lines = transform(lines)
        return "".join(lines)

    def _set_lines(self, first_line, text):
        """Make `text` the program's file from a line on; return how many lines it has."""
        lines = list(io.StringIO(text, newline=None))
        self._lines.extend("\n" * (first_line - len(self._lines)))
        self._lines[first_line:] = lines
        linecache.cache[self._file_name] = (0, None, self._lines, self._file_name)
        return len(lines)

    def _may_be_command(self, text):
        """Whether a first line would run as a command (``ls``, ``exit``) if it were the whole program."""
        if not _is_line(text):
            return False
        as_line = self._shell.transform_cell(text)
        return as_line.rstrip() != self._shell.input_transformer_manager.transform_cell(text).rstrip()

    @contextlib.contextmanager
    def _keeping_last_value(self):
        """Keep what the last expression gives instead of showing it: only the last of the cell is shown."""
        if self._interactivity == "all":
            yield
            return
        show = sys.displayhook
        is_kept = True

        def keep(value):
            if not is_kept:  # the program has put it aside and called it later
                return show(value)
            if self._value is not _NOTHING:  # the program itself called sys.displayhook
                show(self._value)
            self._value = value
            return None

        sys.displayhook = keep
        try:
            yield
        finally:
            is_kept = False
            if sys.displayhook is keep:
                sys.displayhook = show

    def _drop_value(self):
        """Do with the last expression what a plain cell does with one that is not its last.

        It is compiled as a module, so that a string is the docstring. Any other value ends where its
        statement stands, for that is what a warning names when a coroutine is never awaited.
        """
        values, self._value = [self._value], _NOTHING
        if values[0] is None or values[0] is _NOTHING:
            return
        statement = self._last_statement
        if not isinstance(statement, ast.Expr):
            return
        names = {}
        if not (isinstance(statement.value, ast.Constant) and isinstance(statement.value.value, str)):
            drop = ast.parse("values.clear()").body[0]
            for node in ast.walk(drop):
                ast.copy_location(node, statement)
            statement, names = drop, {"values": values}
        code = compile(ast.Module([statement], []), self._file_name, "exec")
        exec(code, self._shell.user_ns, names or None)

    def _show_last_value(self):
        if self._value is not _NOTHING:
            sys.displayhook(self._value)
        self._value = _NOTHING

    def _remember_input(self):
        """Make the program's text the cell's input: ``In[n]``, ``_in``, and ``_i`` of the next cell."""
        history = self._shell.history_manager
        raw = "".join(self._source).rstrip("\n")
        if len(history.input_hist_parsed) == self._cell_number + 1:
            lines = "".join(self._transformed).splitlines(keepends=True)
            for clean in self._shell.input_transformers_cleanup:  # of what only a cell's first lines can have
                lines = clean(lines)
            history.input_hist_parsed[-1] = "".join(lines).rstrip("\n")
            history.input_hist_raw[-1] = raw
            history._i00 = raw
            self._shell.push({f"_i{self._cell_number}": raw}, interactive=False)

    def _finish(self, error=None):
        chunk_id, start = self._running
        self._running = None
        now = time.perf_counter()
        self._lasted = now - start
        ran = {
            "id": chunk_id,
            "startMs": _ms(start - self._received),
            "durationMs": _ms(now - start - self._held),
            "heldMs": _ms(self._held),
            "error": self._describe(error),
        }
        with self._ran_lock:
            self._ran.append(json.dumps(ran))

    def _describe(self, error):
        """What the kernel's reply says of an error that has just been shown."""
        if error is None:
            return None
        try:
            evalue = str(error)
        except Exception:
            evalue = "<exception str() failed>"
        return {
            "ename": type(error).__name__,
            "evalue": evalue,
            "traceback": getattr(self._shell, "_last_traceback", None) or [],
        }

    def _take_ran(self):
        with self._ran_lock:
            ran, self._ran = self._ran, []
        return json.loads(_json_list(ran))

    def _published_output(self):
        """Whether outputs were published since the last report, or may be about to be."""
        if self._kernel.session.message_count != self._messages:
            return True
        if self._lasted >= FLUSH_INTERVAL_S:  # the other thread may just be flushing what it has printed
            return True
        return any(getattr(stream, "_buffers", None) for stream in STREAMS)

    def _mark(self, **more):
        """Report on iopub, after all outputs so far."""
        ran = self._take_ran()
        for stream in STREAMS:
            stream.flush()
        content = {"comm_id": self._nonce, "data": {"ran": ran, **more}}
        self._kernel.session.send(self._kernel.iopub_socket, "comm_msg", content, self._parent)

    def _watch(self, received):
        """Report while a batch runs, in the thread that publishes: a statement may last."""
        if self._is_in_batch and received == self._received:
            self._io_loop.call_later(MARK_INTERVAL_S, self._report, received)

    def _report(self, received):
        if self._is_in_batch and received == self._received and self._ran:
            self._mark()
        self._watch(received)


def _raising(error_class, message, tree):
    """Return a module that raises an error where the first statement of `tree` stands."""
    statement = ast.parse(f"raise {error_class.__name__}({message!r})").body[0]
    for node in ast.walk(statement):
        ast.copy_location(node, tree.body[0])
    return ast.Module([statement], [])


def _is_line(text):
    """Whether IPython takes the text for a cell of one line, and it is not indented."""
    return len(text.splitlines()) == 1 and text[0] not in " \t"


def _json_list(items):
    return f"[{','.join(items)}]"


def _ms(seconds):
    return round(seconds * 1000, 3)
