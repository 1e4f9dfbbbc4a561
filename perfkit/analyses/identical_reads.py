"""Which reads are repeated with the same parameters by one request after another?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class IdenticalRead:
    """One reading statement from one place in the requests of one endpoint."""

    run_id: str
    subject: str
    fingerprint: str | None
    statement: str | None
    file: str | None
    line: int | None
    requests: int
    n: int
    distinct_params: int
    total_ms: float
    request_ms: float
    cache_calls: float


def identical_reads(store: Store, run_ids: Sequence[str], least: int) -> list[IdenticalRead]:
    """Reads by the time that they take of a request, largest first; only of endpoints with at least so many requests."""
    return store.ask(QUESTION, IdenticalRead, run_ids=list(run_ids), least=least)
