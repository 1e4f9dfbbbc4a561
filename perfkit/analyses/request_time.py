"""Where does the time of a request go?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.store import Store, ask_run_by_run

QUESTION = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class RequestTime:
    """The mean request of one endpoint in one traced run."""

    run_id: str
    subject: str
    n: int
    total_ms: float
    db_ms: float
    cache_ms: float
    llm_ms: float
    http_ms: float
    own_ms: float
    """While no call to elsewhere was open: own work, and waiting for a processor."""
    db_calls: float
    cache_calls: float
    llm_calls: float


def request_time(store: Store, run_ids: Sequence[str]) -> list[RequestTime]:
    """Endpoints by mean length, longest first."""
    return ask_run_by_run(store, QUESTION, RequestTime, run_ids)
