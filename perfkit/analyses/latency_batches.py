"""How does latency vary within one run?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class LatencyBatch:
    """One endpoint in one tenth of a run's time."""

    run_id: str
    subject: str
    batch: int
    n: int
    mean_ms: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    p95_ok_ms: float | None


def latency_batches(store: Store, run_ids: Sequence[str]) -> list[LatencyBatch]:
    """Every endpoint of every run, in time."""
    return store.ask(QUESTION, LatencyBatch, run_ids=list(run_ids))
