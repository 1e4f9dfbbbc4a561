"""A command that says whether a variant still answers rightly: by its exit code, and by the number on its last line where it prints one."""

from __future__ import annotations

import math
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.collectors.process import SILENCE, Child, run_child, unwatched
from perfkit.errors import UsageError

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
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"The accuracy command {command!r} cannot be read: {error}. Quote it as in a shell.") from error
    if not words:
        raise UsageError("The accuracy command is empty. Name a metric, or a command that ends with 0 when the answers are right.")
    return answer_of([word.replace(PLACE, label) for word in words], limit_s)


def answer_of(words: Sequence[str], limit_s: float = LIMIT_S, cwd: Path | None = None) -> Answered:
    """The same for a command that is a list of words already."""
    ended = run_child(Child(tuple(words), limit_s, cwd=cwd), unwatched)
    if ended.last_words == SILENCE:
        return Answered(ended.status == 0, None, f"exit code {ended.status}")
    last_line = (ended.printed or ended.last_words).splitlines()[-1].strip()
    return Answered(ended.status == 0, _number(last_line), last_line)


def _number(line: str) -> float | None:
    """What is not finite is no number to compare."""
    try:
        number = float(line.rsplit(maxsplit=1)[-1])
    except ValueError:
        return None
    return number if math.isfinite(number) else None
