"""How do benchmarks fare over the course of one run?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class BenchmarkBatch:
    """A tenth of the rounds of one benchmark in one run."""

    run_id: str
    subject: str
    batch: int
    n: int
    mean_ms: float
    median_ms: float


def benchmark_batches(store: Store, run_ids: Sequence[str]) -> list[BenchmarkBatch]:
    """Ten stretches of every benchmark, in the order in which they ran."""
    return store.ask(QUESTION, BenchmarkBatch, run_ids=list(run_ids))
