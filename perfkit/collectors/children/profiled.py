"""Runs a program under cProfile and keeps its exit status, which `python -m cProfile` loses when the program calls sys.exit."""

from __future__ import annotations

import cProfile
import runpy
import signal
import sys
from pathlib import Path
from types import ModuleType
from typing import Any


def main() -> None:
    """Arguments: the file for the profile, `-m` or `script`, the module or script, its own arguments."""
    outfile, form, name, *arguments = sys.argv[1:]
    # A parent that a shell started in the background ignores SIGINT, and its children would too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = [name, *arguments]
    sys.path[0] = str(Path.cwd() if form == "-m" else Path(name).resolve().parent)
    profile = cProfile.Profile()
    try:
        if form == "-m":
            profile.runcall(runpy.run_module, name, run_name="__main__", alter_sys=True)
        else:
            run_script(profile, name)
    finally:
        profile.dump_stats(outfile)


def run_script(profile: cProfile.Profile, name: str) -> None:
    """As `python script.py` does, so that the program finds itself in __main__."""
    code: Any = compile(Path(name).read_bytes(), name, "exec")
    module = ModuleType("__main__")
    module.__file__ = name
    sys.modules["__main__"] = module
    profile.runctx(code, module.__dict__, module.__dict__)


if __name__ == "__main__":
    main()
