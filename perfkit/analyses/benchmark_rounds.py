"""How long did each round of a benchmark take?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class BenchmarkRounds:
    """The rounds of one benchmark in one run."""

    run_id: str
    subject: str
    rounds_ms: list[float]


def benchmark_rounds(store: Store, run_ids: Sequence[str]) -> list[BenchmarkRounds]:
    """Every benchmark of every run, round by round."""
    return store.ask(QUESTION, BenchmarkRounds, run_ids=list(run_ids))
