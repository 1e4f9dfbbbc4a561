"""How many of the buffers that a database asked for were in the server's own cache?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class DatabaseCache:
    """One database in one catalog run."""

    run_id: str
    subject: str
    n: int
    hits: int
    hit_ratio: float


def database_cache(store: Store, run_ids: Sequence[str]) -> list[DatabaseCache]:
    """Every database whose buffers were counted."""
    return store.ask(QUESTION, DatabaseCache, run_ids=list(run_ids))
