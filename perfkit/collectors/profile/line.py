"""line_profiler times every line of chosen functions; the runner times those of the script without importing it a second time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from perfkit.collectors.profile.form import Launch
from perfkit.collectors.profile.options import ProfileOptions
from perfkit.collectors.profile.program import Program
from perfkit.errors import UsageError
from perfkit.model.run import Manifest

NAME = "line_profiler"
PACKAGE = "line_profiler"
FROM_OUTSIDE = False
SEES_CHILDREN = False
ARTEFACT = "profile.lprof"
ABOUT = "every line of chosen functions, counted and timed"
TAKES: Mapping[str, str] = {"function": "module:name of a function, class or method; without it those with @profile"}

RUNNER = Path(__file__).parents[1] / "children" / "lined.py"


def launch(program: Program, options: ProfileOptions, artefact: Path) -> Launch:
    """Through our own runner."""
    for name in options.functions:
        module, _, function = name.partition(":")
        if not (module and function and all(part.isidentifier() for part in (*module.split("."), *function.split(".")))):
            raise UsageError(f"--function {name} is not module:name, such as shop.views:index, shop.models:Cart.total or __main__:main.")
    runner = (program.interpreter, str(RUNNER), str(artefact), ",".join(options.functions), program.form, program.name)
    return Launch((*runner, *program.arguments))


def settings(options: ProfileOptions) -> Mapping[str, Any]:
    """Every line that is timed costs time."""
    return {"functions": sorted(options.functions)}


def told(said: str) -> Manifest:  # noqa: ARG001
    """Its file tells everything."""
    return Manifest()
