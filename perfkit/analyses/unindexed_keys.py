"""Which foreign keys does no index of the referring table help?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class UnindexedKey:
    """One foreign key in one catalog run."""

    run_id: str
    constraint_name: str
    relation: str
    columns: list[str]
    referenced: str
    rows_live: float | None
    """Of the referring table; None for a partitioned one, whose rows are in its parts."""
    bytes: float | None
    deleted: float | None
    updated: float | None


def unindexed_keys(store: Store, run_ids: Sequence[str]) -> list[UnindexedKey]:
    """Every such foreign key of the catalog runs."""
    return store.ask(QUESTION, UnindexedKey, run_ids=list(run_ids))
