"""How long does each kind of traced work take: a gate, a retrieval, a statement? And the first time, when nothing is warm?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class SpanTimes:
    """One kind and name, or one statement, in one run."""

    run_id: str
    subject: str
    n: int
    mean_ms: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float
    first_ms: float
    warm_p95_ms: float | None
    """None when there was only a first one."""


def span_times(store: Store, run_ids: Sequence[str]) -> list[SpanTimes]:
    """Every kind and name."""
    return store.ask(QUESTION, SpanTimes, run_ids=list(run_ids), statements=False)


def query_times(store: Store, run_ids: Sequence[str]) -> list[SpanTimes]:
    """Every statement, as the application waited for it."""
    return store.ask(QUESTION, SpanTimes, run_ids=list(run_ids), statements=True)
