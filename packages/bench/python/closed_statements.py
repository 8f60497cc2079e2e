"""Times `closed_statements` of pydantic-ai-harness on programs as they are written, token by token.

stdin is a JSON list of programs, each a list of tokens. stdout is a JSON object: the version of the harness,
and for each program how long each token took, in microseconds, which statements were found after which token,
and which statements there are, each by its last line.
"""

import ast
import json
import sys
import time
from importlib.metadata import version

from pydantic_ai_harness.code_mode._streaming import closed_statements


def written(tokens):
    """Feeds a program as the harness does: only lines after the last closed statement are parsed again."""
    code, fed_lines = "", 0
    times_us, found = [], []
    for index, token in enumerate(tokens):
        code += token
        start = time.perf_counter()
        lines = code.split("\n")
        first = fed_lines
        for statement in closed_statements("\n".join(lines[first:])):
            fed_lines = first + statement.end_lineno
            found.append([fed_lines, index])
        times_us.append((time.perf_counter() - start) * 1e6)
    statements = [statement.end_lineno for statement in ast.parse(code).body]
    return {"timesUs": times_us, "found": found, "statements": statements}


programs = [written(tokens) for tokens in json.load(sys.stdin)]
json.dump({"version": version("pydantic-ai-harness"), "programs": programs}, sys.stdout)
