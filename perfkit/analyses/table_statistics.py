"""How old are the statistics of the tables that the runs' plans may scan?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class TableStatistics:
    """A table, as the latest catalog snapshot of the runs' labels knows it."""

    schema: str
    relation: str
    rows_live: float | None
    modified_since_analyze: float | None
    analyzed_at: datetime | None
    """None: never."""


def table_statistics(store: Store, run_ids: Sequence[str]) -> list[TableStatistics]:
    """Empty where no catalog was collected under these labels."""
    return store.ask(QUESTION, TableStatistics, run_ids=list(run_ids))
