"""The form of a profiler's module."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from perfkit.collectors.profile.options import ProfileOptions
from perfkit.collectors.profile.program import Program
from perfkit.model.run import Manifest


@dataclass(frozen=True, slots=True)
class Launch:
    """What is run for a profile."""

    command: tuple[str, ...]
    observer: tuple[str, ...] = ()
    """For a profiler that looks from outside: runs beside the command, whose process id stands for {pid}."""


class Profiler(Protocol):
    """What a module of a profiler offers."""

    NAME: str
    """As --with and the run have it."""
    PACKAGE: str | None
    """What pip installs; None is a part of Python."""
    FROM_OUTSIDE: bool
    """True: it is a program of its own and profiles any command; False: a package of the program's interpreter."""
    SEES_CHILDREN: bool
    """Whether child processes of the program are measured, too."""
    ARTEFACT: str
    ABOUT: str
    """What it measures, for help and the inventory."""
    TAKES: Mapping[str, str]
    """Which of the options that not every profiler has it takes, and what they are for."""

    def launch(self, program: Program, options: ProfileOptions, artefact: Path) -> Launch:
        """The command line; raises UsageError for options that do not go together."""

    def settings(self, options: ProfileOptions) -> Mapping[str, Any]:
        """What must be equal for two profiles to be compared."""

    def told(self, said: str) -> Manifest:
        """What the profiler says of the profile: whether it is valid, and facts."""
