"""Runs programs in their own namespaces and prints what each prints: one JSON object from path to text.

Arguments: a folder with the tables, then the programs.
"""

import contextlib
import io
import json
import os
import shutil
import sys
import tempfile
import traceback

import matplotlib

matplotlib.use("agg")


def run(path):
    with open(path, encoding="utf-8") as file:
        code = compile(file.read(), path, "exec")
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        try:
            exec(code, {"__name__": "__main__"})
        except Exception:
            traceback.print_exc(file=printed)
    return printed.getvalue()


tables, *paths = sys.argv[1:]
with tempfile.TemporaryDirectory() as folder:
    shutil.copytree(tables, folder, dirs_exist_ok=True)
    os.chdir(folder)
    outputs = {path: run(path) for path in paths}
    os.chdir(os.sep)
print(json.dumps(outputs))
