"""Installs the driver in a kernel, once, as modules that are in no file.

This one is executed as a text before there is any other, and may import nothing of its package.
"""

from __future__ import annotations

import sys
import types


def compiled(sources):
    """Return the code of modules, by name, which :func:`install` takes as well as their texts."""
    return {name: compile(source, f"{name}.py", "exec") for name, source in sources.items()}


def install(package, modules):
    """Install modules, in the order in which they import each other, in the kernel of this process."""
    if package in sys.modules:
        return
    sys.modules[package] = types.ModuleType(package)
    sys.modules[package].__path__ = []
    for name, code in modules.items():
        module = types.ModuleType(f"{package}.{name}")
        module.__package__ = package
        sys.modules[module.__name__] = module
        exec(compile(code, f"{name}.py", "exec") if isinstance(code, str) else code, module.__dict__)
    for name in "asking", "output_budget":  # in this order: what a budget cuts, a request may travel with
        sys.modules[f"{package}.{name}"].install()
