"""Syntax errors in statements of which more may come.

Since 3.11 CPython's parser tells a text that is wrong from one that is only not complete; of older versions
nothing is said here.
"""

from __future__ import annotations
import __future__

import ast
import codeop
import contextlib
import io
import re
import warnings

_INCOMPLETE = getattr(codeop, "PyCF_ALLOW_INCOMPLETE_INPUT", None)
_FUTURE = sum({getattr(__future__, name).compiler_flag for name in __future__.all_feature_names})
_NEVER_CLOSED = re.compile(r"'([(\[{])' was never closed")
_CLOSING = {"(": ")", "[": "]", "{": "}"}


def final_error(text, transform, file_name="<program>", first_line=0, flags=0):
    """Return the SyntaxError for which CPython rejects a text whatever follows it, or None.

    `text` is whole lines of a statement, the first of them after `first_line` others. One that `transform`
    changes is not judged: it is no Python but IPython's. Of `flags`, a compiler's, those count that the
    program has set. Only the grammar is asked: what a compiler finds wrong in a valid tree, the lines to come
    can put right (``nonlocal x``), and a cell finds it only when it gets there.
    """
    if _INCOMPLETE is None:
        return None
    flags = flags & _FUTURE | ast.PyCF_ONLY_AST | _INCOMPLETE
    code = "\n" * first_line + text
    with _no_warnings(file_name):
        error = _error_in(code, file_name, flags)
        if error is None or _is_changed(text, transform):
            return None
        return _without_open_brackets(error, code, file_name, flags)


def _error_in(code, file_name, flags):
    try:
        compile(code, file_name, "exec", flags, dont_inherit=True)
    except SyntaxError as error:
        return None if "incomplete input" in str(error) else error
    except (
        Exception
    ):  # what else the parser does not like, such as too much nesting, is for the whole statement
        return None
    return None


def _is_changed(text, transform):
    try:
        return transform(text) != text
    except SyntaxError:  # of IPython's tokenizer: then a cell takes the text as it is
        return False


def _without_open_brackets(error, code, file_name, flags):
    """Return what is wrong apart from brackets that may yet be closed.

    CPython blames the bracket around an error that is not closed by the end of the text. That is right where
    the line in error is indented as a statement would be, and not as a line inside of the bracket.
    """
    inner = error
    while (bracket := _NEVER_CLOSED.match(inner.msg)) is not None:
        code += _CLOSING[bracket[1]]
        inner = _error_in(code, file_name, flags)
        if inner is None:
            return error
    lines = list(io.StringIO(code, newline=None))
    return inner if _indentation(lines[inner.lineno - 1]) > _indentation(lines[error.lineno - 1]) else error


def _indentation(line):
    return len(line) - len(line.lstrip())


@contextlib.contextmanager
def _no_warnings(of_file):
    """The parser warns, too, and will do so again when it reads the whole statement.

    ``warnings.catch_warnings()`` would make the interpreter forget which warnings it has shown before.
    """
    show = warnings.showwarning

    def show_others(message, category, filename, *more, **options):
        if filename != of_file:
            show(message, category, filename, *more, **options)

    warnings.showwarning = show_others
    try:
        yield
    finally:
        warnings.showwarning = show
