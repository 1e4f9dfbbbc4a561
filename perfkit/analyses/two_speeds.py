"""Which endpoints answer at two speeds, as a cache's hits and misses do under one name?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class Shape:
    """The latency of one endpoint in one run."""

    run_id: str
    subject: str
    n: int
    quantiles: list[float]


@dataclass(frozen=True, slots=True)
class TwoSpeeds:
    """An endpoint whose requests are of two kinds."""

    run_id: str
    subject: str
    n: int
    fast_share: float
    fast_ms: float
    """Median of the fast ones."""
    slow_ms: float
    split_ms: float
    """What separates the two."""


def two_speeds(store: Store, run_ids: Sequence[str]) -> list[TwoSpeeds]:
    """Endpoints with two modes; those with one are left out."""
    from perfkit.stats.modes import modes

    found = []
    for shape in store.ask(QUESTION, Shape, run_ids=list(run_ids)):
        split = modes(shape.quantiles)
        if split is not None:
            found.append(
                TwoSpeeds(shape.run_id, shape.subject, shape.n, split.fast.share, split.fast.median_ms, split.slow.median_ms, split.split_ms)
            )
    return found
