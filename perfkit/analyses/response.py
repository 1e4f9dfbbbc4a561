"""Service time or response time? What requests took from the moment at which they were meant to be sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.store import Store, ask_run_by_run

QUESTION = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class Response:
    """One endpoint in one run."""

    run_id: str
    subject: str
    n: int
    service_p50_ms: float
    service_p95_ms: float
    service_p99_ms: float
    response_p50_ms: float | None
    """None where no tool planned when to send; then only the run's coverage tells whether requests were held back."""
    response_p95_ms: float | None
    response_p99_ms: float | None
    late_ms: float | None


def response(store: Store, run_ids: Sequence[str]) -> list[Response]:
    """Every endpoint of every run, and all requests together."""
    return ask_run_by_run(store, QUESTION, Response, run_ids)
