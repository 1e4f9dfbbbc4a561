"""How did the memory go over time, and what ran meanwhile?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.model.run import Run
from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")
FUNCTIONS = Path(__file__).with_name("marked_functions.sql")


@dataclass(frozen=True, slots=True)
class Course:
    """One series of one run."""

    run_id: str
    series: str
    seconds: list[float]
    highest: list[float]
    """Bytes."""


@dataclass(frozen=True, slots=True)
class MarkedFunction:
    """One call of a function that was marked."""

    run_id: str
    function: str
    from_s: float
    to_s: float
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class MemoryTimeline:
    """Of some runs."""

    courses: list[Course]
    functions: list[MarkedFunction]

    def of(self, runs: Sequence[Run]) -> MemoryTimeline:
        """What belongs to these runs alone."""
        ids = {run.run_id for run in runs}
        return MemoryTimeline([item for item in self.courses if item.run_id in ids], [item for item in self.functions if item.run_id in ids])


def memory_timeline(store: Store, run_ids: Sequence[str]) -> MemoryTimeline:
    """Every series of bytes, and every marked call."""
    asked = list(run_ids)
    return MemoryTimeline(store.ask(QUESTION, Course, run_ids=asked), store.ask(FUNCTIONS, MarkedFunction, run_ids=asked))
