"""How many clients were connected at once, and how long did one sit in a transaction without working?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class DatabaseConnections:
    """One database in one catalog run."""

    run_id: str
    subject: str
    n: int
    connections: float
    most_allowed: float | None
    """Ordinary roles may open so many."""
    idle_in_transaction: float
    longest_idle_s: float
    longest_transaction_s: float


def database_connections(store: Store, run_ids: Sequence[str]) -> list[DatabaseConnections]:
    """Every database whose connections were looked at."""
    return store.ask(QUESTION, DatabaseConnections, run_ids=list(run_ids))
