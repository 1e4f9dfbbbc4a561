"""An investigation file: one question about one feature, what is compared, and the prose that only a person can write."""

from __future__ import annotations

from pathlib import Path

from perfkit.packs.model import Part
from perfkit.packs.reading import read_part


class Change(Part):
    """Code that was changed for one kind of finding, as file::function before and after."""

    rule: str
    technique: str
    before: str | None = None
    """None: the difference of the labels' commits shows it."""
    after: str | None = None


class Prose(Part):
    """What no measurement can say; a missing part is named in the report."""

    impact: str | None = None
    side_effects: str | None = None
    deployment: str | None = None
    monitoring: str | None = None
    rollback: str | None = None
    next_steps: str | None = None


class Investigation(Part):
    """One question."""

    name: str
    system: str
    feature: str
    question: str
    base: str = "baseline"
    candidate: str | None = "optimized"
    """None: one label is described, nothing is compared."""
    template: str = "optimization"
    changes: tuple[Change, ...] = ()
    prose: Prose = Prose()


def load_investigation(path: Path) -> Investigation:
    """An investigation from its YAML file."""
    return read_part(path, "an investigation", Investigation)
