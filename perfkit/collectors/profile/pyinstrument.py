"""pyinstrument samples the main thread's stack by wall time; in async mode the time that a coroutine waits is its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from perfkit.collectors.profile.form import Launch
from perfkit.collectors.profile.options import ProfileOptions
from perfkit.collectors.profile.program import Program
from perfkit.model.run import Manifest

NAME = "pyinstrument"
PACKAGE = "pyinstrument"
FROM_OUTSIDE = False
SEES_CHILDREN = False
ARTEFACT = "profile.pyisession.json"
ABOUT = "samples of the main thread by wall time, waiting included; coroutines on request"
TAKES: Mapping[str, str] = {"async": "waiting of coroutines counts where it is awaited", "rate": "samples a second"}

RATE = 1000
RUNNER = Path(__file__).parents[1] / "children" / "awaited.py"


def launch(program: Program, options: ProfileOptions, artefact: Path) -> Launch:
    """A session, which keeps every sample in order; its own command has no async mode."""
    interval = f"{1 / (options.rate or RATE):g}"
    if options.asynchronous:
        return Launch((program.interpreter, str(RUNNER), str(artefact), interval, program.form, program.name, *program.arguments))
    session = ("--renderer", "pyisession", "--outfile", str(artefact), "--interval", interval)
    return Launch((program.interpreter, "-m", "pyinstrument", *session, *program.what, *program.arguments))


def settings(options: ProfileOptions) -> Mapping[str, Any]:
    """Waiting makes another profile."""
    return {"async": options.asynchronous, "rate": options.rate or RATE}


def told(said: str) -> Manifest:  # noqa: ARG001
    """Its file tells everything."""
    return Manifest()
