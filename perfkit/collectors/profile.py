"""cProfile → its own marshalled statistics of one Python program; the program's exit status decides whether they count."""

from __future__ import annotations

import platform
import re
import shlex
import sys
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

from perfkit.collectors.base import Progress, described, desk, leave, nobody_watches, utc_now
from perfkit.collectors.process import Child, Ended, run_child
from perfkit.errors import CollectionFailed, UsageError
from perfkit.model.run import Manifest

RUNNER = Path(__file__).with_name("children") / "profiled.py"
PYTHON = re.compile(r"python(\d+(\.\d+)?)?(\.exe)?")
ACCEPTED = "`python -m module arguments`, `python script.py arguments`, `-m module arguments` or `script.py arguments`"


@dataclass(frozen=True, slots=True)
class ProfileOptions:
    """One profiled program."""

    command: tuple[str, ...]
    """`python` means the interpreter of perfkit; a path to another one is used as it is."""
    duration_s: float | None = None
    """For a program that runs until it is stopped: it gets Ctrl-C then, and what it did until then is the profile."""
    timeout_s: float = 3600.0
    """A program that is still running then is killed, and there is no profile."""
    cwd: Path | None = None
    stated: Manifest = field(default_factory=Manifest)
    """What the caller knows: label, scenario, system, investigation."""
    project: Path | None = None
    """The code under investigation, for its commit. None means the program's working folder."""


@dataclass(frozen=True, slots=True)
class Program:
    """A Python program in the terms of the runner."""

    interpreter: str
    form: str
    """`-m` or `script`."""
    name: str
    arguments: tuple[str, ...]


def collect(options: ProfileOptions, folder: Path, progress: Progress | None = None) -> Path:
    """Runs the program under cProfile and leaves the statistics."""
    program = program_of(options.command, options.cwd or Path.cwd())
    tell, started = progress or nobody_watches, utc_now()
    limit_s = options.duration_s or options.timeout_s
    with desk(folder) as place:
        profile = place / "profile.prof"
        command = (program.interpreter, str(RUNNER), str(profile), program.form, program.name, *program.arguments)
        child = Child(command, options.timeout_s, options.duration_s, options.cwd)
        ended = run_child(child, lambda _, seconds: tell(f"{seconds:.0f} s · {program.name}", min(seconds / limit_s, 1.0)))
        _refuse_failure(ended, profile, options.command)
        manifest = Manifest(tool="cprofile", tool_version=platform.python_version(), started_at=started, parameters=_parameters(options))
        return leave(profile, folder, described(manifest, options.stated, options.project or options.cwd))


def program_of(command: tuple[str, ...], cwd: Path) -> Program:
    """What the command line of a Python program runs."""
    words = list(command)
    interpreter = sys.executable
    if words and PYTHON.fullmatch(PurePath(words[0]).name):
        first = words.pop(0)
        interpreter = first if PurePath(first).name != first else sys.executable
    if len(words) >= 2 and words[0] == "-m":
        return Program(interpreter, "-m", words[1], tuple(words[2:]))
    if not words or not words[0].endswith(".py"):
        raise UsageError(f"Only Python programs can be profiled, not `{shlex.join(command)}`. Accepted: {ACCEPTED}.")
    if not (cwd / words[0]).is_file():
        raise UsageError(f"There is no script {words[0]} in {cwd}.")
    return Program(interpreter, "script", words[0], tuple(words[1:]))


def _refuse_failure(ended: Ended, profile: Path, command: tuple[str, ...]) -> None:
    asked = shlex.join(command)
    if ended.status and not ended.interrupted:
        raise CollectionFailed(f"`{asked}` ended with status {ended.status}; its profile is not kept. Its last lines:\n{ended.last_words}")
    if not profile.exists():
        raise CollectionFailed(f"`{asked}` left no profile: os._exit, exec or a signal ended it. Its last lines:\n{ended.last_words}")


def _parameters(options: ProfileOptions) -> dict[str, Any]:
    limit = {} if options.duration_s is None else {"duration_s": options.duration_s}
    return {"command": shlex.join(options.command), **limit}
