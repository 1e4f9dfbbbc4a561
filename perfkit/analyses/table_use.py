"""How was each table read, and how much of that came out of the server's own cache?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class TableUse:
    """One table in one catalog run."""

    run_id: str
    schema: str
    relation: str
    rows_live: float | None
    seq_scans: float
    seq_rows: float | None
    index_scans: float
    hits: float
    reads: float
    since: datetime | None
    until: datetime | None


def table_use(store: Store, run_ids: Sequence[str]) -> list[TableUse]:
    """Every table of the catalog runs."""
    return store.ask(QUESTION, TableUse, run_ids=list(run_ids))
