"""How long do benchmarks take?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One benchmark in one run."""

    run_id: str
    subject: str
    n: int
    mean_ms: float
    median_ms: float
    stddev_ms: float | None
    """None for a single round."""
    min_ms: float
    max_ms: float
    p95_ms: float
    p99_ms: float


def benchmarks(store: Store, run_ids: Sequence[str]) -> list[Benchmark]:
    """Every benchmark of every run, over its measured rounds."""
    return store.ask(QUESTION, Benchmark, run_ids=list(run_ids))
