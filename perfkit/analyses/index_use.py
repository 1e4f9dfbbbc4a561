"""How is each index defined, and was it used?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class IndexUse:
    """One index that can be dropped by itself, in one catalog run."""

    run_id: str
    schema: str
    relation: str
    index_name: str
    partitioned: bool
    """Whether it stands for the indexes of all partitions."""
    definition: str | None
    method: str | None
    columns: list[str] | None
    keys: list[str] | None
    included: list[str] | None
    predicate: str | None
    is_unique: bool | None
    is_needed: bool | None
    """By a primary key, a constraint or replication."""
    is_valid: bool | None
    """None: it is being built, or nobody looked."""
    bytes: float | None
    bloat_bytes: float | None
    null_fraction: float | None
    scans: float
    scans_total: float
    """Since counting_since."""
    last_scan: datetime | None
    """None: never, or the server does not remember."""
    counting_since: datetime | None
    rows_live: float | None
    rows_written: float | None
    replicas: float | None
    since: datetime | None
    until: datetime | None


def index_use(store: Store, run_ids: Sequence[str]) -> list[IndexUse]:
    """Every index of the catalog runs."""
    return store.ask(QUESTION, IndexUse, run_ids=list(run_ids))
