"""Starts a program inside this interpreter as Python itself would, so that it finds itself in __main__."""

from __future__ import annotations

import importlib.util
import os
import signal
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

Compiled = Callable[[bytes, str], Any]
"""Source and file → code."""


def as_it_is(source: bytes, file: str) -> Any:
    """Nothing is changed."""
    return compile(source, file, "exec")


def prepare(form: str, name: str, arguments: list[str]) -> None:
    """What the program sees of its command line."""
    # A parent that a shell started in the background ignores SIGINT, and its children would too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = [name, *arguments]
    sys.path[0] = os.getcwd() if form == "-m" else os.path.dirname(os.path.realpath(name))  # a link's modules lie beside what it leads to


def run(form: str, name: str, compiled: Compiled = as_it_is) -> None:
    """The program to its end; what it raises goes on."""
    module = ModuleType("__main__")
    file, source = _of_module(name, module) if form == "-m" else (os.path.abspath(name), _content(name))
    module.__file__ = sys.argv[0] = file if form == "-m" else name
    module.__builtins__ = __builtins__  # type: ignore[attr-defined]
    sys.modules["__main__"] = module
    exec(compiled(source, file), module.__dict__)  # noqa: S102  it is the program that the user asked to run


def _of_module(name: str, module: ModuleType) -> tuple[str, bytes]:
    spec = importlib.util.find_spec(name)
    if spec is not None and spec.submodule_search_locations is not None:
        spec = importlib.util.find_spec(name + ".__main__")
    if spec is None or spec.origin is None or not os.path.exists(spec.origin):
        sys.exit(f"No module named {name} with Python source")
    module.__spec__, module.__package__, module.__loader__ = spec, spec.parent, spec.loader
    return spec.origin, _content(spec.origin)


def _content(file: str) -> bytes:
    try:
        with open(file, "rb") as source:
            return source.read()
    except OSError as error:
        sys.exit(f"{file} cannot be read: {error.strerror}")
