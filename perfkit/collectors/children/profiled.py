"""Runs a program under cProfile and keeps its exit status, which `python -m cProfile` loses when the program calls sys.exit."""

from __future__ import annotations

import cProfile
import marshal
import os
import runpy
import sys
import sysconfig
from pathlib import Path
from types import ModuleType
from typing import Any

LIBRARIES = ("site-packages", "dist-packages", sysconfig.get_paths()["stdlib"])


def main() -> None:
    """Arguments: the file for the profile, `-m` or `script`, the module or script, its own arguments."""
    import program_start  # type: ignore[import-not-found]  # beside this file, where it runs as a script

    outfile, form, name, *arguments = sys.argv[1:]
    program_start.prepare(form, name, arguments)
    profile = cProfile.Profile()
    try:
        if form == "-m":
            profile.runcall(runpy.run_module, name, run_name="__main__", alter_sys=True)
        else:
            run_script(profile, name)
    finally:
        dump(profile, outfile)


def dump(profile: cProfile.Profile, outfile: str) -> None:
    """As dump_stats does, with the application's files named from their project: a profile must not carry the paths of one machine."""
    profile.create_stats()
    names: dict[str, str] = {}
    stats: dict[Any, Any] = profile.stats
    shortened = {_short(key, names): (*value[:4], {_short(caller, names): edge for caller, edge in value[4].items()}) for key, value in stats.items()}
    Path(outfile).write_bytes(marshal.dumps(shortened))


def _short(key: tuple[str, int, str], names: dict[str, str]) -> tuple[str, int, str]:
    if key[0] not in names:
        names[key[0]] = _from_project(key[0])
    return (names[key[0]], key[1], key[2])


def _from_project(name: str) -> str:
    """Below the working folder from there, else from the folder that holds the outermost package; libraries keep their names."""
    if any(mark in name for mark in LIBRARIES) or not os.path.isabs(name):
        return name
    home = str(Path.cwd()) + os.sep
    if name.startswith(home):
        return name.removeprefix(home)
    folder = os.path.dirname(name)
    while os.path.exists(os.path.join(folder, "__init__.py")):
        folder = os.path.dirname(folder)
    return os.path.relpath(name, folder)


def run_script(profile: cProfile.Profile, name: str) -> None:
    """As `python script.py` does, so that the program finds itself in __main__."""
    code: Any = compile(Path(name).read_bytes(), name, "exec")
    module = ModuleType("__main__")
    module.__file__ = name
    sys.modules["__main__"] = module
    profile.runctx(code, module.__dict__, module.__dict__)


if __name__ == "__main__":
    main()
