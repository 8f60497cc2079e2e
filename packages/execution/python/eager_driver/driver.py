"""The driver of a streamed cell: runs a program inside one IPython cell while the program still arrives.

The client installs this source once per kernel as a module and runs each program by one ``execute_request``
whose code awaits :func:`run`. The driver *pulls*: whenever it is free it makes an ``input_request``, which
travels with the output before it or on the stdin channel (asking.py), and the client's ``input_reply`` brings
every chunk that is pending by then.

======== ============================ ==================================================================
message  where                        what
======== ============================ ==================================================================
pull     ``input_request``, prompt    ``"\\x02eager:" + nonce + ":"`` + JSON ``{ran, busyMs}``
batch    ``input_reply``, value       JSON ``{chunks: [[id, text, denied], ...], end, trailing, abort}``
check    ``input_reply``, value       JSON ``{check: {id, leading, code, line}, end}``, in place of an answer
question ``input_request``, prompt    as a pull, JSON ``{effect, chunk, ran}``; see effect_guard.py
answer   ``input_reply``, value       JSON ``{denied, end, abort}``
mark     ``comm_msg``, comm_id=nonce  JSON ``{ran, closed, shownMs, error}``; in order with the outputs
======== ============================ ==================================================================

``ran`` lists what finished since the last message: ``{id, startMs, durationMs, heldMs, error,
isSyntaxError, effects}``; ``startMs`` counts from when the batch was received, and ``busyMs`` from there to
the pull; what waited for leave counts as held, not as duration. ``error`` is None, or what an
``execute_reply`` says of an error; next to ``closed``, which says that nothing of the cell will follow, it is
one that no chunk raised. ``effects`` are those that nobody was asked about, for the program was complete.
``text`` is everything between the end of the previous chunk and the end of this one: the texts and
``trailing``, put together, are the program. ``denied`` is None, or why the chunk or the effect is not
permitted; ``end``: the program is complete.
A check is about a statement that cannot run yet and looks like a syntax error. If it is one whatever follows,
it is run as a chunk, and so ends the program; if not, the next pull follows, or a question without an effect.
``line``, from 1, is that of ``code``, for statements before it may not have come.

Chunks run through the same IPython functions as the statements of an ordinary cell; that is why errors,
displays and ``await`` look the same. Each message that the program publishes names its chunk in the parent
header (``eager_chunk``) and what finished before it (``eager_ran``): the kernel keeps a stream's text apart
by parent, so attribution costs neither a flush nor a message.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import inspect
import io
import itertools
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

from .asking import PUBLISH_TIMEOUT_S, ask, publish_with_output
from .cell import FLUSH_INTERVAL_S, STREAMS, prepared_cell, raise_shown, text_of
from .early_errors import final_error
from .effect_guard import Guard
from .output_budget import END, shortened_error

# While several chunks run, the client hears within this time what finished.
MARK_INTERVAL_S = 0.02

# From here on a chunk is parsed alone and its lines are counted afterwards.
LONG_PROGRAM_LINES = 500
# Escapes and numbers that run into words: all that CPython's parser itself warns of, with the line it sees.
_MAY_WARN_AT_PARSE = re.compile(r"\\|\d[^\W\d]")
# IPython 9 empties such lines, even within strings.
_LINE_OF_SPACES = re.compile(r"^[^\S\n]+$", re.MULTILINE)

_NOTHING = object()
_VALUE = "the value to show"


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
        self._line_count = 0  # of the program as it was compiled
        self._is_indented = False  # the whole program
        self._margin = ""  # by so much
        self._trailing = ""  # what follows the last statement, once that is known
        self._is_single_line = False  # the whole program is one line, which may be a command
        self._value = _NOTHING  # of the last statement, when that is an expression
        self._last_statement = None  # of the chunk before
        self._unparsable = None  # the error of a chunk that is no valid syntax
        self._wrong = None  # the chunk of which that is known before it is complete
        self._is_given_up = False  # and then what was held before it does not happen
        self._ran = []
        self._ran_lock = threading.Lock()
        self._io_loop = self._kernel.iopub_thread.io_loop  # in the thread that publishes
        self._is_in_batch = False
        self._running = None
        self._lasted = 0.0  # seconds that the last statement took
        self._held = 0.0  # seconds for which the statement that runs was held
        self._end = None  # when the last statement had run
        self._received = time.perf_counter()
        self._messages = self._kernel.session.message_count

    async def run(self):
        """Return what ended the program early, already shown, or None."""
        trailing = ""  # follows the last statement, and nothing else
        error = None
        try:
            for chunk in self._chunks():
                error = await self._run_chunk(*chunk)
                if self._is_given_up:
                    del self._shell.showtraceback
                    error = await self._run_chunk(*self._wrong)
                if error is not None:
                    return error
                self._finish()
            trailing = self._trailing
            self._remember_input(trailing)
            self._end = time.perf_counter()
            error = await self._show_last_value()
        except KeyboardInterrupt as interrupt:  # between two statements: no frame of the program to show
            error = interrupt
            error.__suppress_context__ = True  # such as the SyntaxError of a magic that was tried as Python
            self._shell.showtraceback((KeyboardInterrupt, error, None))
        finally:
            self._is_in_batch = False
            self._remember_input(trailing)
            if self._running is not None:
                self._finish(error)
                self._close_after_cell(None)
            else:
                # ipykernel 7 calls a cell failed whose value it cannot represent, and None its error.
                has_failed = error is not None or self._shell._last_traceback_during_displayhook
                self._close_after_cell(self._describe(error) if has_failed else None)
        return error

    def _chunks(self):
        """Yield (id, text, denied) of each chunk as the client hands them out, until the program ends."""
        chunks, ended = self._pull()
        self._is_indented = bool(chunks) and _is_indented(chunks[0][1])
        while not ended and (self._is_indented or (len(chunks) == 1 and self._may_be_command(chunks[0][1]))):
            more, ended = self._pull()
            chunks = [*chunks, *more]
        if self._is_indented:
            self._margin = self._margin_of("".join(text for _, text, _ in chunks) + self._trailing)
        self._is_single_line = ended and len(chunks) == 1 and _is_line(chunks[0][1] + self._trailing)
        while True:
            if len(chunks) > 1:
                self._is_in_batch = True
                self._io_loop.add_callback(self._watch, self._received)
            for chunk in chunks:
                yield chunk
                if self._published_output() and (ended or chunk is not chunks[-1]):
                    self._mark()
                    self._messages = self._kernel.session.message_count
            self._is_in_batch = False
            if ended:
                return
            chunks, ended = self._pull()

    def _pull(self):
        """Tell the client that the kernel is free, and wait for the next batch."""
        while True:
            busy_ms = _ms(time.perf_counter() - self._received)
            reply = self._request({"ran": self._take_ran(), "busyMs": busy_ms})
            self._received = time.perf_counter()
            self._messages = self._kernel.session.message_count
            if "check" not in reply:
                return reply["chunks"], reply["end"]
            if self._is_wrong(**reply["check"]):
                return [self._wrong], False

    def _is_wrong(self, id, leading, code, line):
        """Whether no text that follows can make a statement valid; if so, it becomes the next chunk."""
        shell = self._shell
        if shell.input_transformers_post:
            return False
        if self._is_indented or (not self._source and _is_indented(leading + code)):
            return False
        if not self._source and self._may_be_command(code):
            return False
        line_before = "pass\n" if self._source else ""  # what only the first line of a cell can be
        transform = shell.input_transformer_manager.transform_cell
        first_line = self._first_line_of(id, leading, code, line)
        self._unparsable = final_error(
            code,
            transform=lambda text: transform(line_before + text)[len(line_before) :],
            file_name=self._file_name,
            first_line=first_line,
            flags=shell.compile.flags,
        )
        if self._unparsable is None:
            return False
        self._line_count = max(self._line_count, first_line - len(_lines(leading)))
        self._wrong = (id, leading + code, None)
        return True

    def _first_line_of(self, id, leading, code, line):
        """Return how many lines are compiled before a statement, of which some may not have come."""
        if id == 0:
            return len(_lines(_without_blank_start(leading + code))) - len(_lines(code))
        return line - 1 - len(_lines("".join(self._source))) + self._line_count

    def _ask(self, effect):
        """Ask for leave for an effect of the chunk that runs; return why it is denied, or None."""
        start = time.perf_counter()
        try:
            while not self._is_given_up:
                question = {"effect": effect, "chunk": self._running[0], "ran": self._take_ran()}
                reply = self._request(question)
                if "check" not in reply:
                    return reply["denied"]
                self._is_given_up = self._is_wrong(**reply["check"])
                effect = None
            self._shell.showtraceback = lambda **_options: None  # another error will be shown
            raise _GivenUp
        finally:
            self._held += time.perf_counter() - start

    def _request(self, content):
        if os.getpid() != self._pid:  # nobody hands chunks to a process that os.fork() has made
            os.write(2, b"A forked process ends with the statement that forked it.\n")
            os._exit(1)
        prompt = f"\x02eager:{self._nonce}:{json.dumps(content)}"
        reply = json.loads(ask(self._kernel, self._nonce, prompt, self._published_output()))
        if reply.get("abort"):
            raise KeyboardInterrupt("Interrupted while waiting for the rest of the program.")
        if reply["end"]:
            self.guard.let_pass()
            self._trailing = reply.get("trailing", "")
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
            self._unparsable = error
            shell.showsyntaxerror()
            return error
        self._last_statement = tree.body[-1]
        self.guard.awaiting_line = tree.body[0].lineno if awaits else None
        result = ExecutionResult(None)
        with self._keeping_last_value(), self._interrupts.during(awaits):
            try:
                await shell.run_ast_nodes(
                    tree.body, self._file_name, self._interactivity, compiler=shell.compile, result=result
                )
            except Exception as error:  # by the attempt to show an error
                result.error_in_exec = error
        return self._error_of(result)

    def _error_of(self, result):
        """Return what ended a statement, as the reply to a plain cell names it, or None."""
        error = result.error_in_exec if result.error_before_exec is None else result.error_before_exec
        # IPython 9 keeps the text of an error, and shows why it could not if the error does not give any.
        keep = getattr(self._shell, "_format_exception_for_storage", None)
        try:
            if result.error_in_exec and keep is not None:
                keep(result.error_in_exec)
            return error
        except BaseException as failure:
            error = failure.with_traceback(failure.__traceback__.tb_next)
        with contextlib.suppress(Exception):
            self._shell.showtraceback((type(error), error, error.__traceback__), running_compiled_code=True)
        return error

    def _parse(self, text):
        """Return the syntax tree of a chunk, at its true lines, and whether it awaits.

        Text that is no Python gets IPython's transformations.
        """
        first_line = self._line_count
        is_first = not self._source
        is_wrong = self._wrong is not None and text is self._wrong[1]
        self._source.append(text)
        self._transformed.append("")
        if is_first:
            text = _without_blank_start(text)
        code = self._clean(text)
        if is_wrong:
            self._set_code(first_line, code)
            raise self._unparsable
        if not self._is_single_line and not self._shell.input_transformers_post:
            self._set_code(first_line, code)
            try:
                return self._parse_python(first_line, code)
            except IndentationError:
                raise  # IPython would dedent, which makes two wrongs a right
            except SyntaxError:
                transformed = self._transform(text, is_first)
                if transformed == code:
                    raise
        else:
            transformed = self._transform(text, is_first)
        self._set_code(first_line, transformed)
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

    def _clean(self, text):
        """Apply what IPython does to the indentation and the blank lines of a whole cell."""
        if not self._margin and not _LINE_OF_SPACES.search(text):
            return text
        lines = [f"{self._margin}pass\n", *text.splitlines(keepends=True)]
        for clean in self._shell.input_transformers_cleanup:
            lines = clean(lines)
        return "".join(lines[1:])

    def _transform(self, text, is_first):
        """Apply IPython's input transformations (magics, ``!``, ``?``) as to this part of a cell."""
        if self._is_single_line:
            return self._shell.transform_cell(text)
        manager = self._shell.input_transformer_manager
        if is_first:
            lines = manager.transform_cell(text).splitlines(keepends=True)
        else:  # a line before it: `%%` is a cell magic at the start of the cell only
            text = f"{self._margin}pass\n{text}"
            lines = manager.transform_cell(text).splitlines(keepends=True)[1:]
        for transform in self._shell.input_transformers_post:
            lines = transform(lines)
        return "".join(lines)

    def _set_code(self, first_line, code):
        """Make `code` what is compiled for the chunk that begins at a line."""
        self._transformed[-1] = code
        lines = _lines(code)
        self._lines.extend("\n" * (first_line - len(self._lines)))
        self._lines[first_line:] = lines
        self._line_count = first_line + len(lines)
        linecache.cache[self._file_name] = (0, None, self._lines, self._file_name)

    def _margin_of(self, program):
        """Return the indentation that IPython removes from a program."""
        lines = _without_blank_start(program).splitlines(keepends=True)
        first = lines[0]
        for clean in self._shell.input_transformers_cleanup:
            lines = clean(lines)
        return first[: len(first) - len(lines[0])] if first.endswith(lines[0]) else ""

    def _may_be_command(self, text):
        """Whether a first line would run as a command (``ls``, ``exit``) if it were the whole program."""
        if not _is_line(text):
            return False
        as_line = self._shell.transform_cell(text)
        return as_line.rstrip() != self._shell.input_transformer_manager.transform_cell(text).rstrip()

    @contextlib.contextmanager
    def _keeping_last_value(self):
        """Keep what the last expression gives instead of showing it: only the last of the cell is shown."""
        is_expression = isinstance(self._last_statement, ast.Expr)
        if self._interactivity == "all" or (self._interactivity == "last_expr" and not is_expression):
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

    async def _show_last_value(self):
        """Show it where its statement stands, which a traceback names; return what this raised, or None."""
        value, self._value = self._value, _NOTHING
        if value is _NOTHING:
            return None
        expression = ast.Expr(ast.Constant(_VALUE))
        for node in ast.walk(expression):
            ast.copy_location(node, self._last_statement)
        code = compile(ast.Interactive([expression]), self._file_name, "single")
        constants = [value if constant == _VALUE else constant for constant in code.co_consts]
        result = ExecutionResult(None)
        await self._shell.run_code(code.replace(co_consts=tuple(constants)), result)
        return self._error_of(result)

    def _remember_input(self, trailing):
        """Make the program's text the cell's input: ``In[n]``, ``_in``, and ``_i`` of the next cell."""
        history = self._shell.history_manager
        raw = ("".join(self._source) + trailing).rstrip("\n")
        if len(history.input_hist_parsed) == self._cell_number + 1:
            lines = ("".join(self._transformed) + trailing).splitlines(keepends=True)
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
            "error": None if error is None else self._describe(error),
            "isSyntaxError": error is not None and error is self._unparsable,
        }
        effects = self.guard.take_noted()
        if effects:
            ran["effects"] = effects
        with self._ran_lock:
            self._ran.append(json.dumps(ran))

    def _describe(self, error):
        """What the kernel's reply says of an error that has just been shown."""
        return shortened_error(
            {
                "ename": type(error).__name__,
                "evalue": text_of(error),
                "traceback": getattr(self._shell, "_last_traceback", None) or [],
            }
        )

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
        return any(getattr(stream, "_buffers", True) for stream in STREAMS)

    def _mark(self):
        """Report on iopub, after all outputs so far and before all that follow."""
        is_done = threading.Event()

        def publish():
            try:
                self._publish_mark()
            finally:
                is_done.set()

        self._kernel.iopub_thread.schedule(publish)
        is_done.wait(PUBLISH_TIMEOUT_S)

    def _publish_mark(self, metadata=None, **more):
        """Do so in the thread that publishes."""
        content = {"comm_id": self._nonce, "data": {"ran": self._take_ran(), **more}}
        for stream in STREAMS:
            stream.flush()
        kernel = self._kernel
        kernel.session.send(kernel.iopub_socket, "comm_msg", content, self._parent, metadata=metadata)

    def _close_after_cell(self, error):
        """Tell the client of the end once the cell has shown everything: open figures follow the program.

        The reply and the idle status come later and say nothing more.
        """
        start = self._end or time.perf_counter()

        def close(_result):
            events.unregister("post_run_cell", close)
            mark = {"closed": True, "shownMs": _ms(time.perf_counter() - start), "error": error}
            publish = functools.partial(self._publish_mark, END, **mark)
            self._kernel.iopub_thread.schedule(lambda: publish_with_output(self._kernel, publish))

        events = self._shell.events
        events.register("post_run_cell", close)  # the last of all who wait for the end of the cell

    def _watch(self, received):
        """Report while a batch runs, in the thread that publishes: a statement may last."""
        if self._is_in_batch and received == self._received:
            self._io_loop.call_later(MARK_INTERVAL_S, self._report, received)

    def _report(self, received):
        if self._is_in_batch and received == self._received and self._ran:
            self._publish_mark()
        self._watch(received)


class _GivenUp(BaseException):
    """Ends a statement that was held: the program goes no further."""


def _raising(error_class, message, tree):
    """Return a module that raises an error where the first statement of `tree` stands."""
    statement = ast.parse(f"raise {error_class.__name__}({message!r})").body[0]
    for node in ast.walk(statement):
        ast.copy_location(node, tree.body[0])
    return ast.Module([statement], [])


def _lines(text):
    return list(io.StringIO(text, newline=None))


def _is_line(text):
    """Whether IPython takes the text for a cell of one line, and it is not indented."""
    return len(text.splitlines()) == 1 and text[0] not in " \t"


def _is_indented(text):
    return _without_blank_start(text)[:1] in (" ", "\t")


def _without_blank_start(text):
    """Return the text from its first line on that is not blank, for there IPython begins a cell."""
    lines = text.splitlines(keepends=True)
    return "".join(itertools.dropwhile(str.isspace, lines)) or text


def _json_list(items):
    return f"[{','.join(items)}]"


def _ms(seconds):
    return round(seconds * 1000, 3)
