"""How long does each kind of traced work take: a gate, a retrieval, a statement? And the first time, when nothing is warm?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
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
    """None where nobody asked for it."""
    rounds_ms: list[float] | None = None
    """One after another; None where nobody asked for them."""


def span_times(store: Store, run_ids: Sequence[str]) -> list[SpanTimes]:
    """Every kind and name."""
    return _asked(store, run_ids)


def cold_times(store: Store, run_ids: Sequence[str]) -> list[SpanTimes]:
    """The same for the first times: each run has one."""
    return [replace(row, n=1) for row in span_times(store, run_ids)]


def warm_times(store: Store, run_ids: Sequence[str]) -> list[SpanTimes]:
    """The same for all times but the first, one after another."""
    return [replace(row, n=row.n - 1) for row in _asked(store, run_ids, rounds_from=2) if row.n > 1]


def query_times(store: Store, run_ids: Sequence[str]) -> list[SpanTimes]:
    """Every statement, as the application waited for it."""
    return _asked(store, run_ids, statements=True)


def span_rounds(store: Store, run_ids: Sequence[str]) -> list[SpanTimes]:
    """Every kind and name, one time after another: what bounds a percentile within one run."""
    return _asked(store, run_ids, rounds_from=1)


def query_rounds(store: Store, run_ids: Sequence[str]) -> list[SpanTimes]:
    """The same by statement."""
    return _asked(store, run_ids, statements=True, rounds_from=1)


def _asked(store: Store, run_ids: Sequence[str], *, statements: bool = False, rounds_from: int = 0) -> list[SpanTimes]:
    return store.ask(QUESTION, SpanTimes, **{"run_ids": list(run_ids), "statements": statements, "from": rounds_from})
