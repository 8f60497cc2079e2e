"""What CPython, asked as the driver asks it, says of statements that look like syntax errors.

    judge_early.py FOLDER alarms    read [[id, code], ...]; print the codes that are errors whatever follows
    judge_early.py FOLDER prompt    read {"program", "looks"}; print when its error is found, or null

Questions and answers are lines of JSON. FOLDER is that of the driver's package; the id of a program's first
statement is 0. A look is [lines, code, complete]: what detection showed after so many lines, and whether that
is a complete statement.
"""

import ast
import json
import sys

from IPython.core.inputtransformer2 import TransformerManager

_, folder, task = sys.argv
sys.path.insert(0, folder)
from eager_driver.early_errors import final_error  # noqa: E402

manager = TransformerManager()


def is_final(code, line_before="pass\n"):
    def transform(text):
        return manager.transform_cell(line_before + text)[len(line_before) :]

    return final_error(code, transform) is not None


def alarms(looks):
    return [code for id, code in looks if is_final(code, "pass\n" if id > 0 else "")]


def is_valid(code):
    try:
        ast.parse(code)
    except (SyntaxError, ValueError):
        return False
    return True


def prompt(case):
    """Return after how many lines CPython could tell that the program is wrong, and when it was told."""
    lines = case["program"].splitlines(keepends=True)
    if is_valid(case["program"]):
        return None
    possible = (n for n in range(1, len(lines) + 1) if is_final("".join(lines[:n])))
    looks = case["looks"]
    found = (n for n, code, complete in looks if (not is_valid(code) if complete else is_final(code)))
    return [next(possible, None), next(found, None)]


for line in sys.stdin:
    question = json.loads(line)
    print(json.dumps(prompt(question) if task == "prompt" else alarms(question)))
