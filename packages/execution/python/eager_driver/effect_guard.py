"""Asks before something happens outside of the program, while the program still arrives.

CPython reports what a program is about to do to its audit hooks (PEP 578), wherever the call is hidden. The
hook here sorts out what leaves the process (files, processes, connections) and lets the client decide about
it, by an ``input_request`` of the driver. It guards against mistakes: code that means to get around it can.

What it lets pass: reading; the caches that imports write; the threads of earlier programs; tqdm's monitor
and matplotlib's search for fonts. Only the main thread can ask. So starting a thread is an effect itself; and
a thread of the program that got started all the same is denied what it would have to ask for.

Once the program is complete nothing has to be asked any more. What happens then is only noted, for whoever
wants to run the program again.
"""

from __future__ import annotations

import _thread
import os
import sys
import threading

# So many different effects are noted for a statement.
MAX_NOTED = 100

WRITING = os.O_WRONLY | os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_TRUNC

_active = None
_is_installed = False


class Guard:
    """Watches over one program for as long as it is active."""

    def __init__(self, file_name, ask):
        """`ask` takes an effect ``{class, what, line}`` and returns None, or the reason why it is denied."""
        self._file_name = file_name
        self._ask = ask
        self._main_thread = threading.get_ident()
        self._earlier_threads = {thread.ident for thread in threading.enumerate()}
        self._is_asking = False
        self._is_complete = False
        self._noted = {}  # line by effect
        self.awaiting_line = None  # where the statement begins that runs, if it awaits

    def __enter__(self):
        global _active, _is_installed
        if not _is_installed:
            sys.addaudithook(_hook)  # for ever: there is no way to remove one
            if hasattr(os, "register_at_fork"):
                os.register_at_fork(after_in_child=_retire)
            _is_installed = True
        _active = self
        if sys.version_info < (3, 12):
            threading._start_new_thread = _start_thread
        return self

    def __exit__(self, *_exception):
        global _active
        _active = None
        self.let_pass()

    def let_pass(self):
        """Let everything happen from now on: the program is complete."""
        self._is_complete = True
        if sys.version_info < (3, 12):
            threading._start_new_thread = _thread.start_new_thread

    def take_noted(self):
        """Return the effects that have happened without a question since the last time."""
        noted, self._noted = self._noted, {}
        return [{"class": class_, "what": what, "line": line} for (class_, what), line in noted.items()]

    def check(self, effect):
        """Return when the effect may happen."""
        thread = threading.get_ident()
        if self._is_asking if thread == self._main_thread else thread in self._earlier_threads:
            return
        if self._is_complete:
            line = self._line()
            if line is not None and len(self._noted) < MAX_NOTED:
                self._noted.setdefault(effect, line)
            return
        if thread != self._main_thread:
            raise PermissionError(
                f"A thread {effect[1]} before the program is complete, and only the main thread can wait "
                "for that. Do it in the main thread, or run the program without a gate."
            )
        line = self._line()
        if line is None:
            return
        effect_class, what = effect
        self._is_asking = True
        try:
            reason = self._ask({"class": effect_class, "what": what, "line": line})
        finally:
            self._is_asking = False
        if reason is not None:
            raise PermissionError(reason)

    def _line(self):
        """The line of the program that is running, or None when the kernel itself is at work."""
        frame = sys._getframe(3)
        while frame is not None:
            if frame.f_code.co_filename == self._file_name:
                return frame.f_lineno
            if frame.f_globals.get("__name__") == f"{__package__}.driver":
                return None
            frame = frame.f_back
        return self.awaiting_line  # a task or a callback, which the event loop runs while the program awaits


def _retire():
    """Stop watching in a forked process: leave was given for all of it, and nobody there could ask."""
    global _active
    _active = None


def _hook(event, arguments):
    if _active is not None:
        describe = _EFFECTS.get(event)
        if describe is not None:
            effect = describe(*arguments)
            if effect is not None and not _is_housekeeping():  # most are files that are read
                _active.check(effect)


def _is_housekeeping():
    """Whether a library is at work for itself, and changes nothing but its own caches."""
    frame = sys._getframe(2)
    while frame is not None:
        if frame.f_globals.get("__name__") in _HOUSEKEEPERS:
            return True
        frame = frame.f_back
    return False


# They redraw progress bars, and list the fonts when that is done for the first time.
_HOUSEKEEPERS = {"tqdm._monitor", "matplotlib.font_manager"}


def _start_thread(*arguments):
    """Report what CPython reports itself from version 3.12 on."""
    sys.audit("_thread.start_new_thread", *arguments)
    return _thread.start_new_thread(*arguments)


def _open(path, mode, flags, *_):
    writes = flags & WRITING if isinstance(flags, int) else set(mode or "") & set("wax+")
    if not writes or isinstance(path, int) or _is_cache(path):
        return None
    return "write", f"writes file {_quoted(path)}"


def _is_cache(path):
    """Whether writing there changes nothing that a program could see."""
    path = os.path.abspath(os.fsdecode(path))
    if path in (os.devnull, "/dev/tty") or os.path.basename(os.path.dirname(path)) == "__pycache__":
        return True
    folder = os.path.join(path, "")  # which may be the home itself, when it is made
    return _is_importing() and any(folder.startswith(os.path.join(home, "")) for home in _library_homes())


def _is_importing():
    frame = sys._getframe(1)
    while frame is not None and not frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    return frame is not None


def _library_homes():
    """Where libraries keep settings and caches of their own, as matplotlib does when it is first imported."""
    home = os.path.expanduser("~")
    variables = ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "MPLCONFIGDIR", "LOCALAPPDATA", "APPDATA")
    folders = (".cache", ".config", ".matplotlib", os.path.join("Library", "Caches"))
    return [os.environ[name] for name in variables if os.environ.get(name)] + [
        os.path.join(home, folder) for folder in folders
    ]


def _write(what):
    def describe(*arguments):
        path = next((a for a in arguments if isinstance(a, (str, bytes, os.PathLike))), None)
        return None if path is None or _is_cache(path) else ("write", f"{what} {_quoted(path)}")

    return describe


def _sqlite(database, *_):
    name = os.fsdecode(database) if isinstance(database, (str, bytes, os.PathLike)) else str(database)
    return None if name in ("", ":memory:") else ("write", f"opens database {_quoted(name)}")


def _process(what):
    return lambda *_: ("process", what)


def _command(_executable, arguments, *_):
    command = arguments if isinstance(arguments, (str, bytes)) else " ".join(map(os.fsdecode, arguments))
    return "process", f"runs {_quoted(os.fsdecode(command))}"


def _shell(command, *_):
    return "process", f"runs {_quoted(os.fsdecode(command))}"


def _address(what):
    def describe(_socket, address, *_):
        shown = ":".join(map(str, address[:2])) if isinstance(address, tuple) else address
        return "network", f"{what} {_quoted(shown)}"

    return describe


def _host(host, *_):
    return "network", f"looks up {_quoted(host)}"


def _url(url, *_):
    return "network", f"requests {_quoted(url)}"


def _quoted(value):
    text = os.fsdecode(value) if isinstance(value, (bytes, os.PathLike)) else str(value)
    return f'"{text}"' if len(text) <= 80 else f'"{text[:79]}…"'


# https://docs.python.org/3/library/audit_events.html
_EFFECTS = {
    "open": _open,
    "os.chmod": _write("changes the mode of"),
    "os.chown": _write("changes the owner of"),
    "os.link": _write("links"),
    "os.mkdir": _write("makes folder"),
    "os.remove": _write("removes"),
    "os.removexattr": _write("changes attributes of"),
    "os.rename": _write("renames"),
    "os.rmdir": _write("removes folder"),
    "os.setxattr": _write("changes attributes of"),
    "os.symlink": _write("links"),
    "os.truncate": _write("truncates"),
    "os.utime": _write("changes the times of"),
    "shutil.chown": _write("changes the owner of"),
    "shutil.copyfile": _write("copies"),
    "shutil.copytree": _write("copies"),
    "shutil.make_archive": _write("archives"),
    "shutil.move": _write("moves"),
    "shutil.rmtree": _write("removes folder"),
    "shutil.unpack_archive": _write("unpacks"),
    "sqlite3.connect": _sqlite,
    "tempfile.mkdtemp": _write("makes folder"),
    "tempfile.mkstemp": _write("writes file"),
    "os.exec": _shell,
    "os.fork": _process("starts a process"),
    "os.forkpty": _process("starts a process"),
    "os.kill": _process("signals a process"),
    "os.killpg": _process("signals a process"),
    "os.posix_spawn": _shell,
    "os.spawn": lambda _mode, path, *_: _shell(path),
    "os.startfile": _shell,
    "os.system": _shell,
    "pty.spawn": _process("starts a process"),
    "signal.pthread_kill": _process("signals a thread"),
    "subprocess.Popen": _command,
    "_thread.start_new_thread": _process("starts a thread"),
    "_thread.start_joinable_thread": _process("starts a thread"),
    "ftplib.connect": lambda _client, host, *_: _host(host),
    "http.client.connect": lambda _client, host, *_: _host(host),
    "imaplib.open": lambda _client, host, *_: _host(host),
    "poplib.connect": lambda _client, host, *_: _host(host),
    "smtplib.connect": lambda _client, host, *_: _host(host),
    "socket.bind": _address("listens at"),
    "socket.connect": _address("connects to"),
    "socket.getaddrinfo": _host,
    "socket.gethostbyaddr": _host,
    "socket.gethostbyname": _host,
    "socket.sendmsg": _address("sends to"),
    "socket.sendto": _address("sends to"),
    "urllib.Request": _url,
    "webbrowser.open": _url,
}
