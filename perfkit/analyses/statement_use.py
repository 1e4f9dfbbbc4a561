"""Which statements did the server execute, how often, and for how long?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class StatementUse:
    """One statement in one catalog run."""

    run_id: str
    subject: str
    statement: str
    fingerprint: str | None
    n: int
    calls: float
    mean_ms: float
    total_ms: float
    max_ms: float | None
    share: float
    """Of the time of all statements, 0 to 1."""
    rows_per_call: float | None
    io_ms: float | None
    temp_written: float | None
    since: datetime | None
    until: datetime | None


def statement_use(store: Store, run_ids: Sequence[str]) -> list[StatementUse]:
    """Every statement that was executed, the costliest of each run first."""
    return store.ask(QUESTION, StatementUse, run_ids=list(run_ids))
