"""
Forks kernels from a process that has imported ipykernel, and more, already.

The first line of JSON on standard input says what to prepare, each other asks for a kernel, and an answer
is a line on standard output. There is one thread and no event loop, because only the thread that forks lives
on in the child. At the end of its input the process ends, and its kernels with it.
"""

from __future__ import annotations

import importlib
import json
import os
import random
import select
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any, TypedDict


class Setup(TypedDict):
    """What all kernels are to have."""

    preload: list[str]
    driver: Driver


class Driver(TypedDict):
    """The driver of streamed cells; see install.py, which is one of its modules."""

    package: str
    modules: dict[str, str]


class Request(TypedDict):
    """The kernel to fork."""

    id: int
    # ipykernel's arguments.
    args: list[str]
    cwd: str | None
    env: dict[str, str]
    # Where the process itself writes: log lines, a crash report.
    output: str


def main() -> None:
    # Python looks first where it was started; ipykernel puts that back when a kernel begins.
    del sys.path[0]
    requests, answers = own_standard_streams()
    # Read when ipykernel is imported: its kernels are to end with this process.
    os.environ["JPY_PARENT_PID"] = str(os.getpid())
    # Read when matplotlib is imported; ipykernel would set it when a kernel begins.
    if not os.environ.get("MPLBACKEND"):
        os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    line, rest = first_line(requests)
    if not line:
        return
    setup: Setup = json.loads(line)
    try:
        preload(setup["preload"])
        install_driver = prepare(setup["driver"])
    except BaseException as error:
        tell(answers, {"error": f"{type(error).__name__}: {error}"})
        return
    request = serve(requests, answers, rest)
    if request is not None:
        become_kernel(request, install_driver)


def own_standard_streams() -> tuple[int, int]:
    """Keep the pipes to ourselves, so that nothing that is imported or forked reads or writes them."""
    requests, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests, answers


def first_line(requests: int) -> tuple[bytes, bytes]:
    """Return the first line, which is empty at the end of the input, and what has come of the next."""
    text = b""
    while b"\n" not in text:
        data = os.read(requests, 65536)
        if not data:
            return b"", b""
        text += data
    line, _, rest = text.partition(b"\n")
    return line, rest


def prepare(driver: Driver) -> Callable[[], None]:
    """Return what installs the driver in a kernel; it takes long to compile, and so this is done here."""
    installer: dict[str, Any] = {}
    exec(driver["modules"]["install"], installer)
    modules = installer["compiled"](driver["modules"])
    return lambda: installer["install"](driver["package"], modules)


def preload(modules: list[str]) -> None:
    """Import what every kernel imports, and `modules`."""
    for name in [*OF_EVERY_KERNEL, *modules]:
        importlib.import_module(name)
        if threading.active_count() > 1:
            raise RuntimeError(f"the module {name} starts a thread, which a forked kernel would lack")


# Some of these ipykernel imports only when a kernel begins.
OF_EVERY_KERNEL = [
    "ipykernel.kernelapp",
    "ipykernel.debugger",
    "ipykernel.heartbeat",
    "ipykernel.iostream",
    "ipykernel.ipkernel",
    "ipykernel.zmqshell",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.history",
    "IPython.core.magics",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "faulthandler",
    "matplotlib_inline",
    "sqlite3",
    "tornado.platform.asyncio",
]


def serve(requests: int, answers: int, text: bytes) -> Request | None:
    """Return the request in the child that is to become its kernel, and None in the server, at its end."""
    wakeup, on_signal = os.pipe()
    os.set_blocking(on_signal, False)
    signal.set_wakeup_fd(on_signal, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    kernels: set[int] = set()
    while True:
        *lines, text = text.split(b"\n")
        for line in lines:
            request: Request = json.loads(line)
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                for fd in requests, answers, wakeup, on_signal:
                    os.close(fd)
                return request
            kernels.add(pid)
            tell(answers, {"id": request["id"], "forked": pid})
        readable, _, _ = select.select([requests, wakeup], [], [])
        if wakeup in readable:
            os.read(wakeup, 4096)
            reap(kernels, answers)
        if requests in readable:
            data = os.read(requests, 65536)
            if not data:
                break
            text += data
    for pid in kernels:
        os.killpg(pid, signal.SIGKILL)
    return None


def reap(kernels: set[int], answers: int) -> None:
    for pid in list(kernels):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            kernels.discard(pid)
            code = os.waitstatus_to_exitcode(status)
            name = signal.Signals(-code).name if code < 0 else None
            tell(answers, {"ended": pid, "code": None if name else code, "signal": name})


def tell(answers: int, message: dict[str, object]) -> None:
    data = json.dumps(message).encode() + b"\n"
    while data:
        data = data[os.write(answers, data) :]


def become_kernel(request: Request, install_driver: Callable[[], None]) -> None:
    """Go on as `python -m ipykernel_launcher` would, but with the driver, until the interpreter ends."""
    os.setsid()
    output = os.open(request["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    if request["cwd"] is not None:
        os.chdir(request["cwd"])
    os.environ.update(request["env"])
    reseed()
    import ipykernel_launcher
    from ipykernel.kernelapp import IPKernelApp

    sys.argv = [ipykernel_launcher.__file__, *request["args"]]
    app = IPKernelApp.instance()
    app.initialize()
    install_driver()
    app.start()


def reseed() -> None:
    """Let no two kernels draw the same numbers. The hash seed cannot change: it is that of the server."""
    random.seed()
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed()


main()
