"""scalene samples lines: Python, native and system time, and with --memory memory and copies, all in one run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from perfkit.collectors.profile.form import Launch
from perfkit.collectors.profile.options import ProfileOptions
from perfkit.collectors.profile.program import Program
from perfkit.errors import UsageError
from perfkit.model.run import Manifest

NAME = "scalene"
PACKAGE = "scalene"
FROM_OUTSIDE = False
SEES_CHILDREN = True
ARTEFACT = "profile.scalene.json"
ABOUT = "samples of lines: Python, native and system time apart, memory and copies on request"
TAKES: Mapping[str, str] = {
    "native": "always measured, as time of the line",
    "async": "time of coroutines",
    "memory": "memory and copies by line",
    "gpu": "time on the graphics processor",
    "rate": "samples a second",
}

RATE = 100
STARTER = Path(__file__).parents[1] / "children" / "started.py"
"""For installed commands: of several words scalene runs the first that ends in .py."""


def launch(program: Program, options: ProfileOptions, artefact: Path) -> Launch:
    """Nothing is cut off, which its thresholds do otherwise. Code below the working folder counts. The program's own options follow dashes."""
    if "--" in program.arguments:
        raise UsageError("scalene does not hand `--` on to the program. Choose another profiler with --with, or leave it out.")
    what = [flag for flag, asked in (("--memory", options.memory), ("--gpu", options.gpu)) if asked] or ["--cpu-only"]
    every = ("--cpu-percent-threshold", "0", "--malloc-threshold", "0", "--cpu-sampling-rate", f"{1 / (options.rate or RATE):g}")
    home = str((options.project or options.cwd or Path.cwd()).resolve())
    waiting = "--async" if options.asynchronous else "--no-async"
    run = (program.interpreter, "-m", "scalene", "run", "-o", str(artefact), *what, *every, waiting, "--program-path", home)
    if program.form == "-m" or program.name.endswith(".py"):
        return Launch((*run, *program.what, "---", *program.arguments))
    return Launch((*run, str(STARTER), "---", program.form, program.name, *program.arguments))


def settings(options: ProfileOptions) -> Mapping[str, Any]:
    """What it measures costs time, and changes what is measured."""
    return {"memory": options.memory, "gpu": options.gpu, "async": options.asynchronous, "rate": options.rate or RATE}


def told(said: str) -> Manifest:  # noqa: ARG001
    """Its file tells everything."""
    return Manifest()
