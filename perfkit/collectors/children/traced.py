"""Runs a program while its trace is recorded: timed functions, requests of a server under uvicorn, callbacks that block its event loop."""

from __future__ import annotations

import importlib.util
import runpy
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import program_start  # type: ignore[import-not-found]  # beside this file, which runs as a script

from perfkit.trace import event_loop, record

UNSEEN = ".unseen"
"""Beside the trace: libraries whose event loops could not be watched."""


def main() -> None:
    """Arguments: the file for the trace, the limit for callbacks in ms, hooks by name with commas, `-m` or `script`, name, its own arguments."""
    outfile, limit_ms, hooks, form, name, *arguments = sys.argv[1:]
    program_start.prepare(form, name, arguments)
    event_loop.install(float(limit_ms))
    for hook in filter(None, hooks.split(",")):
        import_module(f"perfkit.trace.{hook}").install()
    if importlib.util.find_spec("uvicorn") is not None:
        trace_uvicorn()
    try:
        with record(outfile, root=Path.cwd()):
            if form == "-m":
                runpy.run_module(name, run_name="__main__", alter_sys=True)
            else:
                runpy.run_path(name, run_name="__main__")
    finally:
        Path(outfile + UNSEEN).write_text(" ".join(sorted(event_loop.unseen)), encoding="utf-8")


def trace_uvicorn() -> None:
    """Every application that uvicorn serves is served through the recorder's middleware."""
    config: Any = import_module("uvicorn.config").Config
    middleware: Any = import_module("perfkit.trace.asgi").TraceMiddleware
    load = config.load

    def traced(self: Any) -> None:
        load(self)
        self.loaded_app = middleware(self.loaded_app)

    config.load = traced


if __name__ == "__main__":
    main()
