"""Runs code as it is given it, in one process of Python: the executor of the paper recipe.

Each line of stdin is a JSON string of code, or `null` to show the figures that are open. What it prints
goes to stdout and stderr as it is; what happens is told by lines of JSON on the file descriptor that is the
argument.
"""

import io
import json
import os
import sys
import time
import traceback
import types

control = os.fdopen(int(sys.argv[1]), "w", buffering=1)


def tell(**event):
    control.write(json.dumps(event) + "\n")


def show_figures():
    """Renders the figures that are open, if the program has drawn any with the backend of this process."""
    backend = sys.modules.get("repl_figures")
    if backend is not None and sys.modules["matplotlib"].get_backend() == "module://repl_figures":
        backend.show()


def run(code, names):
    """Runs code in a namespace. Returns the exception that ended it, if one did."""
    try:
        exec(compile(code, "<program>", "exec"), names)
    except SystemExit as error:
        return error
    except BaseException as error:
        traceback.print_exc()
        return error
    return None


def described(error):
    if isinstance(error, SystemExit) and error.code in (None, 0):
        return {"error": None, "hasExited": True}
    return {"error": error and type(error).__name__, "hasExited": error is not None}


def main():
    requests = io.TextIOWrapper(os.fdopen(os.dup(0), "rb"), encoding="utf-8")
    program = types.ModuleType("__main__")
    sys.modules["__main__"] = program
    sys.argv = [""]
    # The names of the program's own folder, and of the backend beside this file.
    sys.path.insert(0, os.getcwd())
    os.environ["MPLBACKEND"] = "module://repl_figures"
    sys.tell_figure = lambda png: tell(type="figure", png=png)
    tell(type="ready")
    for line in requests:
        request = json.loads(line)
        start = time.perf_counter()
        error = show_figures() if request is None else run(request, program.__dict__)
        sys.stdout.flush()
        sys.stderr.flush()
        duration_ms = (time.perf_counter() - start) * 1000
        tell(type="finished", durationMs=duration_ms, **described(error))


main()
