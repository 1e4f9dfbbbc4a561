"""cProfile counts and times every call; the runner keeps the program's exit status, which `python -m cProfile` loses."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from perfkit.collectors.profile.form import Launch
from perfkit.collectors.profile.options import ProfileOptions
from perfkit.collectors.profile.program import Program
from perfkit.model.run import Manifest

NAME = "cprofile"
PACKAGE = None
FROM_OUTSIDE = False
SEES_CHILDREN = False
ARTEFACT = "profile.prof"
ABOUT = "every call of the main thread, counted and timed: who calls whom"
TAKES: Mapping[str, str] = {}

RUNNER = Path(__file__).parents[1] / "children" / "profiled.py"


def launch(program: Program, options: ProfileOptions, artefact: Path) -> Launch:  # noqa: ARG001  one form
    """Through our own runner."""
    return Launch((program.interpreter, str(RUNNER), str(artefact), program.form, program.name, *program.arguments))


def settings(options: ProfileOptions) -> Mapping[str, Any]:  # noqa: ARG001
    """There is nothing to choose."""
    return {}


def told(said: str) -> Manifest:  # noqa: ARG001
    """It says nothing."""
    return Manifest()
