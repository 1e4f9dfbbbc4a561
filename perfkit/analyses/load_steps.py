"""What did each step of a ladder answer, and how fast?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.analyses.latency import ALL_REQUESTS
from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class LoadStep:
    """The steady time of one step in one run."""

    run_id: str
    users: int
    """As asked for; arrivals a second in an open model."""
    n: int
    failed: int
    error_rate: float
    seconds: float
    """From the first start to the last one, and one median answer."""
    per_second: float
    mean_ms: float
    p50_ms: float
    p95_ms: float


def load_steps(store: Store, run_ids: Sequence[str], subject: str = ALL_REQUESTS) -> list[LoadStep]:
    """Steps by their users; a run that is no ladder has none. The subject is an endpoint or a glob."""
    return store.ask(QUESTION, LoadStep, run_ids=list(run_ids), subject=subject)
