"""The recipe of the paper (arXiv:2604.00491), rebuilt as a baseline from what is public of it.

- After each token all text so far is parsed by `ast.parse`. All but the last of the parsed statements are
  complete, for a later one has begun: its lookahead of one token.
- Its gate: definitions of functions and classes are deferred and run together with the statement that
  follows; from the import of a listed module on, the rest of the program waits until it is complete.
- Dynamic batching: whenever the executor is free it gets all statements that are ready, as one piece.
- The executor is `python -u` with an `exec` loop: exec_repl.py.

Tokens come as lines of JSON strings on stdin, `null` after the last one. What happens is told on stdout, a
line of JSON each. The modules of its gate are the first argument, as a JSON list.
"""

import ast
import codecs
import json
import os
import pathlib
import selectors
import subprocess
import sys
import time


def main():
    recipe = Recipe(frozenset(json.loads(sys.argv[1])))
    executor = recipe.executor
    selector = selectors.DefaultSelector()
    tokens = LineReader(sys.stdin.fileno())
    selector.register(tokens.file, selectors.EVENT_READ, lambda: take_tokens(recipe, tokens))
    for file, handle in executor.handlers(recipe).items():
        selector.register(file, selectors.EVENT_READ, handle)
    while not recipe.is_done:
        for key, _ in selector.select():
            key.data()
    tell(type="done", cpuMs=time.process_time() * 1000)
    executor.stop()


def take_tokens(recipe, tokens):
    for line in tokens.lines():
        token = json.loads(line)
        if token is None:
            recipe.end()
        else:
            recipe.feed(token)


def tell(**event):
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


class Recipe:
    """Decides what runs when."""

    def __init__(self, listed_modules):
        self.executor = Executor()
        self.is_done = False
        self._detector = Detector()
        self._gate = Gate(listed_modules)
        self._ready = []
        self._is_free = False
        self._has_ended = False
        self._has_stopped = False
        self._has_shown_figures = False

    def feed(self, token):
        self._admit(self._detector.feed(token))

    def end(self):
        self._has_ended = True
        try:
            self._admit(self._detector.end())
        except SyntaxError as error:
            tell(type="error", name=type(error).__name__)
        self._ready += self._gate.open()
        self._run()

    def executor_is_free(self, error=None, has_exited=False):
        self._is_free = True
        self._has_stopped = self._has_stopped or has_exited or error is not None
        if error is not None:
            tell(type="error", name=error)
        self._run()

    def _admit(self, statements):
        for statement in statements:
            tell(type="statement")
            self._ready += self._gate.admit(statement)
        self._run()

    def _run(self):
        if not self._is_free:
            return
        if self._has_stopped:
            self._ready.clear()
        if self._ready:
            tell(type="batch", statements=len(self._ready), isHeld=self._gate.is_closed)
            self._is_free = False
            self.executor.run("".join(statement.code for statement in self._ready))
            self._ready = []
        elif self._has_ended and not self._has_shown_figures:
            self._has_shown_figures = True
            self._is_free = False
            self.executor.show_figures()
        elif self._has_ended:
            self.is_done = True


class Statement:
    def __init__(self, node, code):
        self.node = node
        self.code = code


class Detector:
    """Finds complete statements by parsing all text after each token."""

    def __init__(self):
        self._text = ""
        self._taken = 0

    def feed(self, token):
        self._text += token
        try:
            statements = ast.parse(self._text).body
        except (SyntaxError, ValueError):
            return []
        return self._take(statements[:-1])

    def end(self):
        return self._take(ast.parse(self._text).body)

    def _take(self, complete):
        new = [Statement(node, self._source(node)) for node in complete[self._taken :]]
        self._taken = max(self._taken, len(complete))
        return new

    def _source(self, node):
        decorators = getattr(node, "decorator_list", [])
        if decorators:
            lines = self._text.splitlines(keepends=True)
            return "".join(lines[decorators[0].lineno - 1 : node.end_lineno]) + "\n"
        return ast.get_source_segment(self._text, node) + "\n"


class Gate:
    def __init__(self, listed_modules):
        self._listed = listed_modules
        self._waiting = []
        self.is_closed = False

    def admit(self, statement):
        """Returns the statements that may run now."""
        self._waiting.append(statement)
        if not self.is_closed and self._imports_listed(statement.node):
            self.is_closed = True
            tell(type="held")
        is_definition = isinstance(statement.node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        return [] if self.is_closed or is_definition else self.open()

    def open(self):
        waiting, self._waiting = self._waiting, []
        return waiting

    def _imports_listed(self, statement):
        for node in ast.walk(statement):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            else:
                continue
            if any(name.partition(".")[0] in self._listed for name in names):
                return True
        return False


class Executor:
    """The process that runs the statements."""

    def __init__(self):
        reading, writing = os.pipe()
        loop = pathlib.Path(__file__).with_name("exec_repl.py")
        self._process = subprocess.Popen(
            [sys.executable, "-u", str(loop), str(writing)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=[writing],
        )
        os.close(writing)
        self._control = LineReader(reading)
        self._streams = {"stdout": self._process.stdout, "stderr": self._process.stderr}
        for stream in self._streams.values():
            os.set_blocking(stream.fileno(), False)
        decoder = codecs.getincrementaldecoder("utf-8")
        self._decoders = {name: decoder("replace") for name in self._streams}

    def handlers(self, recipe):
        """What to call when one of its files can be read."""
        streams = {file: lambda name=name: self._pass_on(name) for name, file in self._streams.items()}
        return {self._control.file: lambda: self._listen(recipe), **streams}

    def run(self, code):
        self._send(code)

    def show_figures(self):
        self._send(None)

    def stop(self):
        self._process.stdin.close()
        self._process.wait()

    def _send(self, request):
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        self._process.stdin.flush()

    def _listen(self, recipe):
        for line in self._control.lines():
            event = json.loads(line)
            if event["type"] == "finished":
                # It printed before it told us.
                for name in self._streams:
                    self._pass_on(name)
                tell(type="finished", durationMs=event["durationMs"])
                recipe.executor_is_free(event["error"], event["hasExited"])
            elif event["type"] == "ready":
                tell(type="ready")
                recipe.executor_is_free()
            else:
                tell(**event)

    def _pass_on(self, name):
        try:
            while data := os.read(self._streams[name].fileno(), 65536):
                tell(type="stream", name=name, text=self._decoders[name].decode(data))
        except BlockingIOError:
            pass


class LineReader:
    """The lines of a file descriptor, as far as they have come."""

    def __init__(self, file):
        self.file = file
        self._rest = b""

    def lines(self):
        data = os.read(self.file, 65536)
        if not data:
            sys.exit("paper_recipe: the other end was closed.")
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [line for line in lines if line]


main()
