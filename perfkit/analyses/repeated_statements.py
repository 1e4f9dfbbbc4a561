"""Which statement is sent again and again within one request?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class RepeatedStatement:
    """One statement from one place in the requests of one endpoint."""

    run_id: str
    subject: str
    fingerprint: str
    statement: str | None
    file: str | None
    line: int | None
    requests: int
    n: int
    per_request: float
    most: int
    distinct_share: float
    """1 when every execution in a request has its own parameters."""
    total_ms: float
    elapsed_ms: float
    """With the work on the rows, up to the next call."""
    parent_rows: float | None
    """None when no earlier statement told how many rows it returned."""
    request_ms: float


def repeated_statements(store: Store, run_ids: Sequence[str]) -> list[RepeatedStatement]:
    """Statements by the time that they take of a request, largest first."""
    return store.ask(QUESTION, RepeatedStatement, run_ids=list(run_ids))
