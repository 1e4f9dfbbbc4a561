"""How long do requests take, how many fail, how many are answered a second?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.store import Asked, ask_run_by_run

QUESTION = Path(__file__).with_suffix(".sql")
ALL_REQUESTS = "all requests"


@dataclass(frozen=True, slots=True)
class Latency:
    """One endpoint in one run."""

    run_id: str
    subject: str
    n: int
    failed: int
    mean_ms: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float
    p95_ok_ms: float | None
    """None when no request succeeded."""
    error_rate: float
    per_second: float


def latency(store: Asked, run_ids: Sequence[str]) -> list[Latency]:
    """Every endpoint of every run, and all requests together."""
    return ask_run_by_run(store, QUESTION, Latency, run_ids)
