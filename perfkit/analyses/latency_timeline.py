"""How does latency go over the time of a run?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.analyses.latency import ALL_REQUESTS
from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class LatencyStretch:
    """One stretch of a run's time."""

    run_id: str
    start_s: int
    """From the run's first request."""
    seconds: int
    n: int
    """0: nothing was sent; the stretch is there all the same."""
    failed: int
    p50_ms: float | None
    p95_ms: float | None
    max_ms: float | None
    stage: int | None
    """None: no step of a ladder, or nothing was sent."""
    steady: bool | None


def latency_timeline(store: Store, run_ids: Sequence[str], subject: str = ALL_REQUESTS) -> list[LatencyStretch]:
    """Every run from its first request to its last; the subject is an endpoint or a glob."""
    return store.ask(QUESTION, LatencyStretch, run_ids=list(run_ids), subject=subject)
