"""What CPython says about the top-level statements of programs: the oracle of the detection tests.

    statements_of.py list    print the files of each installed corpus: {name: [path, ...]}
    statements_of.py files   read paths, one a line; print a JSON line for each
    statements_of.py judge   read {"program", "chunks"}, one a line; print a JSON line for each

Offsets are UTF-16 code units.
"""

import ast
import importlib.util
import io
import json
import re
import sys
import sysconfig
import tokenize
import warnings
from collections.abc import Iterator
from pathlib import Path

LIBRARIES = ("numpy", "pandas", "matplotlib")


def corpora() -> dict[str, list[str]]:
    """Python files of the standard library and of the libraries that are installed, by name, sorted."""
    roots = {"stdlib": Path(sysconfig.get_path("stdlib"))}
    for name in LIBRARIES:
        spec = importlib.util.find_spec(name)
        if spec and spec.origin:
            roots[name] = Path(spec.origin).parent
    return {name: list(files(root)) for name, root in roots.items()}


def files(root: Path) -> Iterator[str]:
    for path in sorted(root.rglob("*.py")):
        if "site-packages" not in path.relative_to(root).parts:
            yield str(path)


def parsed_file(path: str) -> dict | None:
    """The program in a file and the [from, to) of its statements; None where CPython cannot parse it."""
    content = Path(path).read_bytes()
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        program = content.decode(encoding)
        tree = ast.parse(program)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return {"program": program, "statements": statements(program, tree)}


def statements(program: str, tree: ast.Module) -> list[tuple[int, int]]:
    """From the first token (an `@` included) to the end of the last line; those on one line are one."""
    lines = re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", program)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))

    def offset(line: int, utf8_column: int) -> int:
        return starts[line - 1] + len(lines[line - 1].encode()[:utf8_column].decode())

    found: list[tuple[int, int]] = []
    last_line = 0
    for node in tree.body:
        start = offset(node.lineno, node.col_offset)
        decorators = getattr(node, "decorator_list", None)
        if decorators:
            start = program.rfind("@", 0, offset(decorators[0].lineno, decorators[0].col_offset))
        end_line = node.end_lineno or node.lineno
        if node.lineno == last_line:
            start, _ = found.pop()
        found.append((start, starts[end_line]))
        last_line = end_line
    return utf16(program, found)


def utf16(program: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    if program.isascii():
        return spans
    offsets = [0]
    for character in program:
        offsets.append(offsets[-1] + (2 if ord(character) > 0xFFFF else 1))
    return [(offsets[start], offsets[end]) for start, end in spans]


def judged(program: str, chunks: list[str]) -> dict:
    """Whether the program is valid, and the chunks, parsed alone, are its statements or the first of them."""
    try:
        whole = [ast.dump(node) for node in ast.parse(program).body]
    except (SyntaxError, ValueError):
        return {"valid": False, "begins": False, "equal": False}
    try:
        parts = [ast.dump(node) for chunk in chunks for node in ast.parse(chunk).body]
    except (SyntaxError, ValueError):
        return {"valid": True, "begins": False, "equal": False}
    return {"valid": True, "begins": parts == whole[: len(parts)], "equal": parts == whole}


def main() -> None:
    warnings.simplefilter("ignore")
    task = sys.argv[1]
    if task == "list":
        print(json.dumps(corpora()))
        return
    for line in sys.stdin:
        answer = parsed_file(line.rstrip("\n")) if task == "files" else judged(**json.loads(line))
        print(json.dumps(answer))


if __name__ == "__main__":
    main()
