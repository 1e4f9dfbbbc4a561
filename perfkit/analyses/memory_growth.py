"""Does a process keep memory? The trend of its resident size over a run, told apart from warm-up and collections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")
FLOOR_PER_HOUR = 1e6
"""Bytes; a slower growth is not worth a name."""


@dataclass(frozen=True, slots=True)
class Series:
    """One series of one run."""

    run_id: str
    series: str
    seconds: list[float]
    amounts: list[float]


@dataclass(frozen=True, slots=True)
class MemoryGrowth:
    """What the series says."""

    run_id: str
    series: str
    n: int
    seconds: float
    verdict: str
    """leak, flat or undecided."""
    per_hour: float | None
    """Bytes."""
    lo: float | None
    hi: float | None
    why: str | None

    @property
    def subject(self) -> str:
        """What a metric's number is about."""
        return self.series


def memory_growth(store: Store, run_ids: Sequence[str]) -> list[MemoryGrowth]:
    """Every memory series of every run."""
    from perfkit.stats.leak import leak

    found = []
    for item in store.ask(QUESTION, Series, run_ids=list(run_ids)):
        result = leak(item.seconds, item.amounts, floor_per_hour=FLOOR_PER_HOUR)
        length = item.seconds[-1] - item.seconds[0]
        numbers = (result.per_hour, result.lo, result.hi, result.why)
        found.append(MemoryGrowth(item.run_id, item.series, len(item.seconds), length, result.verdict, *numbers))
    return found
