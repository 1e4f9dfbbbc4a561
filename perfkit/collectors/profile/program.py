"""What a command line runs: a Python program in the terms of profilers, or any other command."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from perfkit.errors import UsageError

PYTHON = re.compile(r"python(\d+(\.\d+)?)?(\.exe)?")
SHEBANG = re.compile(rb"#!\s*(\S*/python[\d.]*)\s*\n")
ACCEPTED = (
    "`python -m module arguments`, `python script.py arguments`, `-m module arguments`, `script.py arguments` "
    "or an installed command that is written in Python"
)


@dataclass(frozen=True, slots=True)
class Program:
    """A program in the terms of profilers."""

    interpreter: str
    form: str
    """`-m` or `script`; `command` is any other program, whose name stands alone."""
    name: str
    arguments: tuple[str, ...]

    @property
    def what(self) -> tuple[str, ...]:
        """As an interpreter takes it."""
        return ("-m", self.name) if self.form == "-m" else (self.name,)

    @property
    def plain(self) -> tuple[str, ...]:
        """The command without a profiler."""
        return (self.name, *self.arguments) if self.form == "command" else (self.interpreter, *self.what, *self.arguments)


def program_of(command: tuple[str, ...], cwd: Path) -> Program:
    """What the command line of a Python program runs."""
    words = list(command)
    interpreter = sys.executable
    if words and PYTHON.fullmatch(PurePath(words[0]).name):
        first = words.pop(0)
        interpreter = first if PurePath(first).name != first else sys.executable
    elif words and (installed := _installed(words[0], cwd)):
        return Program(*installed, tuple(words[1:]))
    if len(words) >= 2 and words[0] == "-m":
        return Program(interpreter, "-m", words[1], tuple(words[2:]))
    if not words or not words[0].endswith(".py"):
        raise UsageError(f"Only Python programs can be run here, not `{shlex.join(command)}`. Accepted: {ACCEPTED}.")
    if not (cwd / words[0]).is_file():
        raise UsageError(f"There is no script {words[0]} in {cwd}.")
    return Program(interpreter, "script", words[0], tuple(words[1:]))


def interpreted(command: Sequence[str]) -> tuple[str, ...]:
    """A command to start as it is: `python` means the interpreter of perfkit, as everywhere."""
    return (sys.executable if PYTHON.fullmatch(command[0]) else command[0], *command[1:])


def shown(command: tuple[str, ...]) -> str:
    """A command line for people; text that already is one stays as it is."""
    return command[0] if len(command) == 1 else shlex.join(command)


def any_program(command: tuple[str, ...]) -> Program:
    """Any command, for a profiler that looks from outside."""
    name, *arguments = interpreted(command)
    return Program("", "command", name, tuple(arguments))


def _installed(name: str, cwd: Path) -> tuple[str, str, str] | None:
    """Interpreter, form and file of a command that is a Python script, such as pytest: its first line says so."""
    if name.startswith("-") or name.endswith(".py"):
        return None
    found = shutil.which(str(cwd / name) if "/" in name else name) or shutil.which(name, path=str(Path(sys.executable).parent))
    if found is None:
        return None
    with Path(found).open("rb") as file:
        shebang = SHEBANG.match(file.read(256))
    return (shebang[1].decode(), "script", found) if shebang else None
