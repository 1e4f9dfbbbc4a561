"""An application leaves its own trace; all that is to do is to take it and to put a manifest beside it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from perfkit.collectors.base import Progress, described, desk, leave, nobody_watches
from perfkit.errors import CollectionFailed
from perfkit.model.run import Manifest

TOOL = "perfkit.trace"


@dataclass(frozen=True, slots=True)
class TraceOptions:
    """A trace that an application has finished writing."""

    path: Path
    stated: Manifest = field(default_factory=Manifest)
    """What the caller knows: label, scenario, system, investigation."""
    project: Path | None = None
    """The code under investigation, for its commit. None means the current folder."""


def collect(options: TraceOptions, folder: Path, progress: Progress | None = None) -> Path:
    """Moves the trace to the folder, with its manifest."""
    if not options.path.is_file() or not options.path.stat().st_size:
        raise CollectionFailed(f"{options.path}: the application left no trace. Did it record one, and was it given the time to write it?")
    (progress or nobody_watches)(options.path.name, 1.0)
    with desk(folder) as place:
        taken = place / "trace.ndjson"
        shutil.move(options.path, taken)
        return leave(taken, folder, described(Manifest(tool=TOOL), options.stated, options.project))
