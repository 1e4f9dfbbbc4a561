"""Runs a program under cProfile and keeps its exit status, which `python -m cProfile` loses when the program calls sys.exit."""

from __future__ import annotations

import cProfile
import marshal
import os
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
        dump(profile, outfile)


def dump(profile: cProfile.Profile, outfile: str) -> None:
    """As dump_stats does, with the files below the working folder named from there: a profile must not carry the paths of one machine."""
    profile.create_stats()
    home = str(Path.cwd()) + os.sep
    stats: dict[Any, Any] = profile.stats
    shortened = {_short(key, home): (*value[:4], {_short(caller, home): edge for caller, edge in value[4].items()}) for key, value in stats.items()}
    Path(outfile).write_bytes(marshal.dumps(shortened))


def _short(key: tuple[str, int, str], home: str) -> tuple[str, int, str]:
    return (key[0].removeprefix(home), key[1], key[2])


def run_script(profile: cProfile.Profile, name: str) -> None:
    """As `python script.py` does, so that the program finds itself in __main__."""
    code: Any = compile(Path(name).read_bytes(), name, "exec")
    module = ModuleType("__main__")
    module.__file__ = name
    sys.modules["__main__"] = module
    profile.runctx(code, module.__dict__, module.__dict__)


if __name__ == "__main__":
    main()
