"""A command that says whether a variant still answers rightly: by its exit code, and by the number on its last line where it prints one."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.errors import CollectionFailed, MissingTool

LIMIT_S = 600.0
PLACE = "{label}"


@dataclass(frozen=True, slots=True)
class Answered:
    """How the command judged one side."""

    passed: bool
    number: float | None
    last_line: str


def accuracy_of(command: str, label: str, limit_s: float = LIMIT_S) -> Answered:
    """Runs the command with {label} replaced; exit code 0 is a pass."""
    return answer_of([word.replace(PLACE, label) for word in shlex.split(command)], limit_s)


def answer_of(words: Sequence[str], limit_s: float = LIMIT_S, cwd: Path | None = None) -> Answered:
    """The same for a command that is a list of words already."""
    command = shlex.join(words)
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, timeout=limit_s, check=False, stdin=subprocess.DEVNULL, errors="replace", cwd=cwd
        )
    except (OSError, IndexError) as error:
        raise MissingTool(f"The accuracy command {command!r} cannot be started: {error}.") from error
    except subprocess.TimeoutExpired as error:
        raise CollectionFailed(f"The accuracy command {command!r} still ran after {limit_s:.0f} s and was ended.") from error
    lines = (done.stdout.strip() or done.stderr.strip()).splitlines()
    return Answered(done.returncode == 0, _number(lines[-1]) if lines else None, lines[-1].strip() if lines else f"exit code {done.returncode}")


def _number(line: str) -> float | None:
    words = line.split()
    try:
        return float(words[-1]) if words else None
    except ValueError:
        return None
