"""How are response times distributed, up to the rarest that the samples carry?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.analyses.latency import ALL_REQUESTS
from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")
RAREST = 6
"""The grid ends before one request of ten to this power."""
GRID = tuple(round(1 - part / 10**power, 8) for power in range(1, RAREST + 1) for part in (10, 9, 8, 7, 6, 5, 4, 3, 2.5, 2, 1.5))


@dataclass(frozen=True, slots=True)
class LatencyQuantile:
    """One quantile of one run's response times."""

    run_id: str
    outcome: str
    """ok, failed, or all where the tool kept no raw samples."""
    quantile: float
    """At most 1 - 1/n: beyond that no sample says anything."""
    n: int
    lo_ms: float
    """Equal to hi_ms where raw samples exist, else the range that the tool's buckets leave."""
    hi_ms: float


def latency_quantiles(store: Store, run_ids: Sequence[str], subject: str = ALL_REQUESTS) -> list[LatencyQuantile]:
    """Failed requests apart from the others; the subject is an endpoint or a glob."""
    return store.ask(QUESTION, LatencyQuantile, run_ids=list(run_ids), subject=subject, quantiles=list(GRID))
