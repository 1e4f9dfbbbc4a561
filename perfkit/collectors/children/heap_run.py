"""Runs a program while its memory is looked at from a thread, and leaves what was seen however the program ends."""

from __future__ import annotations

import os
import runpy
import sys
import threading
import tracemalloc
from types import ModuleType
from typing import Any

import heap_snapshots  # type: ignore[import-not-found]  # beside this file, which runs as a script
import program_start  # type: ignore[import-not-found]


def main() -> None:
    """Arguments: tracemalloc or objects, the file to leave, seconds between snapshots, frames, `-m` or `script`, the program, its arguments."""
    how, outfile, interval, frames, form, name, *arguments = sys.argv[1:]
    program_start.prepare(form, name, arguments)
    kinds = {"tracemalloc": heap_snapshots.Allocations, "objects": heap_snapshots.Objects}
    seen, began = kinds[how](os.path.dirname(outfile)), heap_snapshots.now()
    watch = heap_snapshots.Watch(float(interval), seen.look, seen.thin_out)
    if how == "tracemalloc":
        tracemalloc.start(int(frames))
    watch.start()
    try:
        run(form, name)
        for thread in threading.enumerate():
            if thread is not threading.current_thread() and not thread.daemon:
                thread.join()
    finally:
        watch.stop()
        tracemalloc.stop()
        heap_snapshots.leave(seen, outfile, began)


def run(form: str, name: str) -> None:
    """As Python does it, so that the program finds itself in __main__; its module stays for the last look."""
    if form == "-m":
        kept = runpy.run_module(name, run_name="__main__", alter_sys=True)
        sys.modules["__main__"].__dict__.setdefault("__perfkit_kept__", kept)
        return
    with open(name, "rb") as source:
        code: Any = compile(source.read(), os.path.abspath(name), "exec")
    module = ModuleType("__main__")
    module.__file__ = name
    module.__builtins__ = __builtins__  # type: ignore[attr-defined]
    sys.modules["__main__"] = module
    exec(code, module.__dict__)  # noqa: S102  it is the program that the user asked to run


if __name__ == "__main__":
    main()
