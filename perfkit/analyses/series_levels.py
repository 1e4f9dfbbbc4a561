"""How much memory did a process hold, how busy was it, how many frames did it draw: how high did sampled series go?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")
RESIDENT, BUSY, FRAMES = "*rss*", "*cpu*", "*fps*"
"""Names of series, with the collector's or the process's word before or behind them."""


@dataclass(frozen=True, slots=True)
class SeriesLevels:
    """One series in one run."""

    run_id: str
    subject: str
    measures: str
    """bytes, ratio or per_second."""
    n: int
    lowest: float
    p5: float
    middle: float
    mean: float
    highest: float


def series_levels(store: Store, run_ids: Sequence[str]) -> list[SeriesLevels]:
    """Every series whose unit is known."""
    return store.ask(QUESTION, SeriesLevels, run_ids=list(run_ids))


def memory_levels(store: Store, run_ids: Sequence[str]) -> list[SeriesLevels]:
    """Resident memory of processes, in bytes."""
    return _named(store, run_ids, RESIDENT, "bytes")


def cpu_levels(store: Store, run_ids: Sequence[str]) -> list[SeriesLevels]:
    """Use of processors; 1 is one of them for a process, all of them for a machine."""
    return _named(store, run_ids, BUSY, "ratio")


def frame_levels(store: Store, run_ids: Sequence[str]) -> list[SeriesLevels]:
    """Frames drawn a second."""
    return _named(store, run_ids, FRAMES, "per_second")


def _named(store: Store, run_ids: Sequence[str], like: str, measures: str) -> list[SeriesLevels]:
    return [row for row in series_levels(store, run_ids) if row.measures == measures and fnmatchcase(row.subject, like)]
