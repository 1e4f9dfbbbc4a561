"""The answer of an accuracy check → an artefact, so that it is evidence like any other: with label, commit and time, and part of a bundle."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from perfkit import __version__
from perfkit.collectors.accuracy import Answered
from perfkit.collectors.base import Progress, described, desk, leave, utc_now
from perfkit.model.run import Manifest

TOOL = "perfkit.accuracy"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class AnsweredOptions:
    """One check of one side that was done."""

    asked: str
    """The command with its placeholders, or metric and bound: equal for both sides."""
    answer: Answered
    stated: Manifest = field(default_factory=Manifest)
    project: Path | None = None


def collect(options: AnsweredOptions, folder: Path, progress: Progress | None = None) -> Path:  # noqa: ARG001 - the form of all collectors
    """Leaves the answer."""
    answer, now = options.answer, utc_now()
    document = {"perfkit_accuracy": FORMAT, "asked": options.asked, "passed": answer.passed, "number": answer.number, "said": answer.last_line}
    with desk(folder) as place:
        artefact = place / "accuracy.json"
        artefact.write_text(json.dumps({**document, "label": options.stated.label, "at": now.isoformat()}, indent=1), encoding="utf-8")
        return leave(artefact, folder, described(Manifest(TOOL, __version__, started_at=now), options.stated, options.project))
