"""What of the driver is better tested from Python: what a client cannot see, on a kernel of its own."""

from __future__ import annotations

import ast
import json
import pathlib
import sys
import time

import pytest
from eager_driver.early_errors import final_error
from jupyter_client.manager import start_new_kernel

PACKAGE = pathlib.Path(__file__).parent / "eager_driver"
NONCE = "nonce"
TIMEOUT_S = 30


class Client:
    """The least client of a driver: it hands out batches, and gathers what the driver says."""

    def __init__(self, kernel):
        self._kernel = kernel
        self.printed = ""  # by the last program, on stdout
        self.channels = []  # on which its requests came
        self.pause_s = 0  # before it answers
        self.execute(f"import sys; sys.path.insert(0, {str(PACKAGE.parent)!r})", silent=True)
        self.execute("__import__('eager_driver.asking').asking.install()", silent=True)

    def execute(self, code, **options):
        return self._kernel.execute_interactive(
            code, timeout=TIMEOUT_S, output_hook=lambda _: None, **options
        )

    def evaluate(self, expression):
        """Return what an expression of JSON's types is in the kernel."""
        expressions = {"value": f"__import__('json').dumps({expression})"}
        reply = self.execute("", user_expressions=expressions, store_history=False)["content"]
        return json.loads(ast.literal_eval(reply["user_expressions"]["value"]["data"]["text/plain"]))

    def run(self, *batches):
        """Run a program in batches of texts; return the reply of its cell and what was pulled and marked."""
        code = f"await __import__('eager_driver.driver').driver.run({NONCE!r})\npass"
        pending = [list(batch) for batch in batches]
        count = 0
        reports = []
        answered = set()
        self.printed, self.channels = "", []

        def on_input(message, channel="stdin"):
            nonlocal count
            if message["header"]["msg_id"] in answered:
                return
            answered.add(message["header"]["msg_id"])
            self.channels.append(channel)
            prompt = message["content"]["prompt"]
            marker = f"\x02eager:{NONCE}:"
            assert prompt.startswith(marker)
            reports.append(json.loads(prompt[len(marker) :]))
            texts = pending.pop(0) if pending else []
            chunks = [[count + index, text, None] for index, text in enumerate(texts)]
            time.sleep(self.pause_s)
            count += len(texts)
            self._kernel.input(json.dumps({"chunks": chunks, "end": not pending}))

        def on_output(message):
            if message["msg_type"] == "comm_msg":
                reports.append(message["content"]["data"])
            if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
                self.printed += message["content"]["text"]
            if "eager_request" in message["metadata"]:
                on_input(message["metadata"]["eager_request"], "iopub")

        reply = self._kernel.execute_interactive(
            code, timeout=TIMEOUT_S, allow_stdin=True, stdin_hook=on_input, output_hook=on_output
        )
        return reply["content"], reports


@pytest.fixture(scope="module")
def client():
    manager, kernel = start_new_kernel(kernel_name="python3")
    yield Client(kernel)
    kernel.stop_channels()
    manager.shutdown_kernel(now=True)


def test_reports_every_chunk_and_never_two_stories_of_one(client):
    reply, reports = client.run(["a = 1\n"], ["b = 2\n", "c = 3\n"])
    assert reply["status"] == "ok"
    ran = {}
    for report in reports:
        for entry in report["ran"]:
            assert ran.setdefault(entry["id"], entry) == entry
    assert sorted(ran) == [0, 1, 2]
    assert reports[-1]["closed"] is True


def test_the_reply_of_the_cell_carries_the_error_of_the_program(client):
    reply, reports = client.run(["1 / 0\n", "never = 1\n"])
    assert (reply["status"], reply["ename"]) == ("error", "ZeroDivisionError")
    assert "eager_driver" not in json.dumps([reply, reports])
    assert client.evaluate("'never' in dir()") is False


@pytest.mark.parametrize(
    "statement", ["raise SystemExit(3)\n", "exit()\n", "raise __import__('bdb').BdbQuit\n"]
)
def test_no_exception_ends_the_kernel(client, statement):
    reply, _ = client.run([statement])
    assert reply["status"] == "error"
    assert client.evaluate("1 + 1") == 2


def test_a_request_travels_with_the_output_that_it_follows(client):
    client.run(["pass\n"], ["print(1)\n"], ["pass\n"])
    assert (client.printed, client.channels) == ("1\n", ["stdin", "stdin", "iopub"])


# The kernel's own name for what makes a request travel; `{}` is what happens to it.
ASKING = "__import__('eager_driver.asking').asking"
IN_THREAD = "get_ipython().kernel.iopub_thread.schedule"


@pytest.mark.parametrize(
    ("what", "before", "after"),
    [
        (
            "the thread that publishes is busy for longer than one waits for it",
            f"{ASKING}.PUBLISH_TIMEOUT_S = 0.05; {IN_THREAD}(lambda: __import__('time').sleep(0.3))\n",
            f"{ASKING}.PUBLISH_TIMEOUT_S = 10\n",
        ),
        (
            "a hook of a stream raises",
            "hook = lambda _: 1 / 0; sys.stderr.register_hook(hook); print('lost', file=sys.stderr)\n",
            "sys.stderr.unregister_hook(hook)\n",
        ),
        (
            "a hook of a stream takes what is printed",
            "hook = lambda _: None; sys.stderr.register_hook(hook); print('taken', file=sys.stderr)\n",
            "sys.stderr.unregister_hook(hook)\n",
        ),
        (
            "what is published cannot be sent together with it",
            f"whole = {ASKING}._Request._publish_in; {ASKING}._Request._publish_in = lambda *_: 1 / 0\n",
            f"{ASKING}._Request._publish_in = whole\n",
        ),
    ],
)
def test_nothing_is_lost_and_nothing_runs_twice_when(client, what, before, after):
    stays = "sys.stdout.flush_interval = sys.stderr.flush_interval = 60\n"  # until it is asked
    client.run(["import sys; count = 0\n"])
    client.pause_s = 0.4  # what comes too late comes before the answer
    count = "count += 1; print('count', count)\n"
    reply, reports = client.run([stays], [f"{before}{count}"], [count], [count], [after], [count])
    client.pause_s = 0
    assert reply["status"] == "ok", what
    assert client.printed == "count 1\ncount 2\ncount 3\ncount 4\n"
    assert len(client.channels) == 6
    assert {entry["id"] for report in reports for entry in report["ran"]} == set(range(6))
    client.run(["print(1)\n"], ["pass\n"])  # and the next program is as any other
    assert (client.printed, client.channels) == ("1\n", ["stdin", "iopub"])


def test_leaves_the_shell_as_it_was(client):
    shell = "get_ipython()"
    state = f"[str(v) for v in (vars({shell}).keys(), {shell}.compile.flags, {shell}.custom_exceptions)]"
    client.run(["x = 1\n"])
    before = client.evaluate(state)
    client.run(["from __future__ import annotations\n", "x = 1\n"])
    client.run(["1 / 0\n"])
    client.run(["exit()\n"])
    assert client.evaluate(state) == before


@pytest.mark.skipif(sys.version_info < (3, 11), reason="CPython cannot tell before 3.11")
@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("def f():\n    x = = 1\n", "invalid syntax", 2),
        ("if x:\n    y\n      z\n", "unexpected indent", 3),
        ("if x:\n    if y:\n        z\n      w\n", "unindent does not match any outer indentation level", 4),
        ("x = [1, 2\ny = 3\n", "'[' was never closed", 1),
        ("x = f(\n    a=1,\n    b 2,\n", "invalid syntax. Perhaps you forgot a comma?", 3),
        ("x = [f(\n        1 2,\n", "invalid syntax. Perhaps you forgot a comma?", 2),
        ("x = (1, 2]\n", "closing parenthesis ']' does not match opening parenthesis '('", 1),
    ],
)
def test_an_error_is_final_and_named_as_it_deserves(text, message, line):
    error = final_error(text, lambda code: code, first_line=10)
    assert (error.msg, error.lineno) == (message, 10 + line)


@pytest.mark.parametrize(
    "text",
    [
        "def f():\n",
        "@decorated\n",
        "x = [1,\n",
        "if x:\n    pass\nelse:\n",
        'x = """\n',
        "def f():\n    def g():\n        nonlocal x\n",
        "def f():\n    await x\n    return\n",
        "try:\n    pass\n",
        "x = 1 + \\\n",
        "match x:\n    case 1:\n",
    ],
)
def test_what_can_still_become_valid_is_no_error(text):
    assert final_error(text, lambda code: code) is None


def test_what_ipython_transforms_is_no_error():
    assert final_error("def f():\n    !ls -l\n", lambda code: code.replace("!", "")) is None


def test_looking_for_errors_warns_of_nothing(recwarn):
    assert final_error('def f():\n    return "\\d" is 1 or 1or 2\n', lambda code: code) is None
    assert len(recwarn) == 0
