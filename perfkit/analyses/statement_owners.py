"""Which endpoint sends a statement, and from where?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class StatementOwner:
    """The endpoint that spends most time in a statement."""

    fingerprint: str
    subject: str
    file: str | None
    line: int | None
    request_ms: float
    per_request_ms: float


def statement_owners(store: Store, run_ids: Sequence[str]) -> list[StatementOwner]:
    """One owner for every statement of the traced runs."""
    return store.ask(QUESTION, StatementOwner, run_ids=list(run_ids))
